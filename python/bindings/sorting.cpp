#include "lazulite/ops/sorting.h"

#include "define.h"
#include "lazulite/core/errors.h"
#include "lazulite/ops/manipulation.h"
#include "module.h"

namespace lazulite::python {
namespace {

// A number that an integer dtype cannot hold is an error, and loses its fraction.
Array fill_of(nb::handle given, Dtype dtype) {
  if (Array* array = array_of(given)) return *array;
  Array value = to_array(given);
  auto scalar = scalar_of(given);
  if (scalar && scalar->kind() <= DtypeKind::signed_integer)
    scalar->expect_held_by(dtype, "unique");
  return astype(value, dtype);
}

nb::object unique_parts(const Array& a, int64_t size, bool index, bool inverse, bool counts,
                        nb::handle fill) {
  Unique found = unique(a, size, fill.is_none() ? Array() : fill_of(fill, a.dtype()));
  if (!index && !inverse && !counts) return nb::cast(found.values);
  nb::list parts;
  parts.append(found.values);
  if (index) parts.append(found.index);
  if (inverse) parts.append(found.inverse);
  if (counts) parts.append(found.counts);
  return nb::tuple(parts);
}

// An array without axes has none to sort along, but is one element when it is flattened.
Array with_axis(const Array& a, std::optional<int> axis, const char* operation) {
  if (a.ndim() > 0) return a;
  if (axis) normalize_axis(*axis, 0, operation);
  return flatten(a);
}

}  // namespace

void bind_sorting(nb::module_& m) {
  using Axis = std::optional<int>;
  def_op(
      m, "sort", [](const Array& a, Axis axis) { return sort(with_axis(a, axis, "sort"), axis); },
      "a"_a, "axis"_a = -1, kw(),
      "In ascending order along an axis, NaN last; flattened if axis is None.");
  def_op(
      m, "argsort",
      [](const Array& a, Axis axis) { return argsort(with_axis(a, axis, "argsort"), axis); }, "a"_a,
      "axis"_a = -1, kw(), "Where the elements of the sorted array are (uint32).");
  def_op(
      m, "partition",
      [](const Array& a, int64_t kth, Axis axis) {
        return partition(with_axis(a, axis, "partition"), kth, axis);
      },
      "a"_a, "kth"_a, "axis"_a = -1, kw(),
      "With the element that sorting would put at kth there, smaller ones before it.");
  def_op(
      m, "argpartition",
      [](const Array& a, int64_t kth, Axis axis) {
        return argpartition(with_axis(a, axis, "argpartition"), kth, axis);
      },
      "a"_a, "kth"_a, "axis"_a = -1, kw(),
      "Where the elements of the partitioned array are (uint32).");
  def_op(
      m, "topk",
      [](const Array& a, int64_t k, Axis axis) {
        return topk(with_axis(a, axis, "topk"), k, axis);
      },
      "a"_a, "k"_a, "axis"_a = -1, kw(), "The k largest elements along an axis.");
  def_op(
      m, "searchsorted",
      [](const Array& sorted, const Array& values, const std::string& side) {
        if (side != "left" && side != "right") {
          throw ValueError("searchsorted: the side is 'left' or 'right', not '" + side + "'");
        }
        return searchsorted(sorted, values, side == "left" ? Side::left : Side::right);
      },
      "sorted_sequence"_a, "values"_a, "side"_a = "left", kw(),
      "Where values would be put into a sorted array of one axis (uint32): before equal elements, "
      "or "
      "behind them from the right.");
  def_op(
      m, "unique",
      [](const Array& a, int64_t size, bool index, bool inverse, bool counts, nb::object fill) {
        return unique_parts(a, size, index, inverse, counts, fill);
      },
      "a"_a, "size"_a, "return_index"_a = false, "return_inverse"_a = false,
      "return_counts"_a = false, "fill_value"_a = nb::none(), kw(),
      "The `size` smallest distinct elements of the flattened array, in order. Where there are "
      "fewer, `fill_value` follows (the smallest element if None), and counts are 0.\n\nExample:\n"
      "    >>> unique(array([3, 1, 3]), 3, return_counts=True, fill_value=0)\n"
      "    (array([1, 3, 0], dtype=int32), array([1, 2, 0], dtype=int32))\n");
  def_op(
      m, "median",
      [](const Array& a, AxesArgument axis, bool keepdims) {
        return median(a, axis.axes, keepdims);
      },
      "a"_a, "axis"_a = nb::none(), "keepdims"_a = false, kw(),
      "The middle element in order over axes, or the mean of the two in the middle.");
}

}  // namespace lazulite::python
