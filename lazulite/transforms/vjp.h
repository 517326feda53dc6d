#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "lazulite/transforms/signature.h"

namespace lazulite {

/// What becomes of sources of integers and bools: nothing flows to them, or what flows to them is
/// computed as of real numbers and then given their dtype. It never flows through what rounds
/// floating numbers to integers.
enum class IntegerSources { constant, differentiable };

/// Runs `function` on the primals and carries the cotangents (one for each result, of its shape)
/// back through it. Returns the results and, for each primal, the vector-Jacobian product, zeros
/// where no derivative flows. Both are lazy arrays and can be differentiated again.
std::pair<Arrays, Arrays> vjp(const ArraysFunction& function, const Arrays& primals,
                              const Arrays& cotangents,
                              IntegerSources integers = IntegerSources::constant);

namespace detail {
std::function<std::pair<Arrays, Arrays>(const Arrays&)> value_and_grad(
    ArraysFunction function, std::vector<int> argnums,
    IntegerSources integers = IntegerSources::constant);
std::function<std::pair<Array, Array>(const Array&)> value_and_grad(
    std::function<Array(const Array&)> function);
}  // namespace detail

/// The function that computes the results of `function` and the gradients of its first result, a
/// scalar, with respect to the arguments `argnums` (counted from the end if negative).
template <detail::FunctionOfArrays Function>
auto value_and_grad(Function function, std::vector<int> argnums = {0}) {
  detail::expect_function("value_and_grad", function);
  return detail::value_and_grad(ArraysFunction(std::move(function)), std::move(argnums));
}

/// The function that computes the gradients alone.
template <detail::FunctionOfArrays Function>
ArraysFunction grad(Function function, std::vector<int> argnums = {0}) {
  detail::expect_function("grad", function);
  return [both = value_and_grad(std::move(function), std::move(argnums))](const Arrays& arguments) {
    return both(arguments).second;
  };
}

/// The same for a function of one array with one scalar result.
template <detail::FunctionOfOneArray Function>
auto value_and_grad(Function function) {
  detail::expect_function("value_and_grad", function);
  return detail::value_and_grad(std::function<Array(const Array&)>(std::move(function)));
}
template <detail::FunctionOfOneArray Function>
std::function<Array(const Array&)> grad(Function function) {
  detail::expect_function("grad", function);
  return [both = value_and_grad(std::move(function))](const Array& x) { return both(x).second; };
}

/// The gradients of `result`'s ancestors `sources`, given the cotangents of the results. Sources
/// must be marked with `differentiable` before they are used.
Arrays backward(const Arrays& results, const Arrays& cotangents, const Arrays& sources,
                IntegerSources integers = IntegerSources::constant);

/// The same array as a source of derivatives: a new node that `backward` can stop at. Only inside a
/// RetainScope.
Array differentiable(const Array& array);

}  // namespace lazulite
