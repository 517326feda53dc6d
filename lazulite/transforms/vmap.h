#pragma once

#include <optional>
#include <utility>

#include "lazulite/transforms/signature.h"

namespace lazulite {

/// For each argument or result the axis along which the many lie (counted from the end if
/// negative); nothing for an argument that is the same for all, or for a result that must be.
using MapAxes = std::vector<std::optional<int>>;

namespace detail {
ArraysFunction vmap(ArraysFunction function, MapAxes in_axes, MapAxes out_axes);
/// One call of such a function. `out_axes` is read when the function has been called.
Arrays map_once(const ArraysFunction& function, const Arrays& given, const MapAxes& in_axes,
                const MapAxes& out_axes);
}  // namespace detail

/// The function that applies `function` to each of the many slices of its arguments along
/// `in_axes` and stacks the results along `out_axes`; axis 0 of all where none are given. The
/// function is called once, on placeholders of a slice's shape, and each of its operations is done
/// for all slices at once: it can build arrays but not read values. Random numbers drawn inside are
/// the same for all slices; map over keys for different ones.
template <detail::FunctionOfArrays Function>
ArraysFunction vmap(Function function, MapAxes in_axes = {}, MapAxes out_axes = {}) {
  detail::expect_function("vmap", function);
  return detail::vmap(ArraysFunction(std::move(function)), std::move(in_axes), std::move(out_axes));
}

/// The same for a function of one array with one result.
template <detail::FunctionOfOneArray Function>
std::function<Array(const Array&)> vmap(Function function, int in_axis = 0, int out_axis = 0) {
  detail::expect_function("vmap", function);
  ArraysFunction many = detail::vmap(
      [function = std::move(function)](const Arrays& x) { return Arrays{function(x[0])}; },
      {in_axis}, {out_axis});
  return [many = std::move(many)](const Array& x) { return many({x})[0]; };
}

}  // namespace lazulite
