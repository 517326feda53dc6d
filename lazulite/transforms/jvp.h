#pragma once

#include <utility>

#include "lazulite/transforms/signature.h"

namespace lazulite {

namespace detail {
std::pair<Arrays, Arrays> jvp(const ArraysFunction& function, const Arrays& primals,
                              const Arrays& tangents);
}  // namespace detail

/// Runs `function` on the primals and carries the tangents (one for each primal, of its shape; an
/// empty handle stands for zeros, and integers may have tangents of any dtype) forward through it.
/// Returns the results and, for each of them, the Jacobian-vector product, zeros where no
/// derivative flows. Both are lazy arrays and can be differentiated again.
template <detail::FunctionOfArrays Function>
std::pair<Arrays, Arrays> jvp(const Function& function, const Arrays& primals,
                              const Arrays& tangents) {
  detail::expect_function("jvp", function);
  return detail::jvp(ArraysFunction(function), primals, tangents);
}

/// The same for a function of one array with one result.
template <detail::FunctionOfOneArray Function>
std::pair<Array, Array> jvp(const Function& function, const Array& primal, const Array& tangent) {
  detail::expect_function("jvp", function);
  auto [results, tangents] =
      detail::jvp([&](const Arrays& x) { return Arrays{function(x[0])}; }, {primal}, {tangent});
  return {results[0], tangents[0]};
}

}  // namespace lazulite
