#pragma once

#include "lazulite/transforms/signature.h"

namespace lazulite {

namespace detail {
ArraysFunction checkpoint(ArraysFunction function);
}  // namespace detail

/// The same function, of which derivatives keep only the arguments (and what it captures) and
/// compute what lies between again on their way back: less memory for more work (Chen et al. 2016,
/// "Training Deep Nets with Sublinear Memory Cost"). Random numbers are the same both times, and
/// the function is called once. Gradients also flow to arrays that it captures.
template <detail::FunctionOfArrays Function>
ArraysFunction checkpoint(Function function) {
  detail::expect_function("checkpoint", function);
  return detail::checkpoint(ArraysFunction(std::move(function)));
}

/// The same for a function of one array with one result.
template <detail::FunctionOfOneArray Function>
std::function<Array(const Array&)> checkpoint(Function function) {
  detail::expect_function("checkpoint", function);
  ArraysFunction inner = detail::checkpoint(
      [function = std::move(function)](const Arrays& x) { return Arrays{function(x[0])}; });
  return [inner = std::move(inner)](const Array& x) { return inner({x})[0]; };
}

}  // namespace lazulite
