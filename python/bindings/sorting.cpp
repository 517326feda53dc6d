#include "lazulite/ops/sorting.h"

#include "define.h"
#include "module.h"

namespace lazulite::python {

void bind_sorting(nb::module_& m) {
  using Axis = std::optional<int>;
  def_op(
      m, "sort", [](const Array& a, Axis axis) { return sort(a, axis); }, "a"_a, "axis"_a = -1,
      kw(), "In ascending order along an axis, NaN last; flattened if axis is None.");
  def_op(
      m, "argsort", [](const Array& a, Axis axis) { return argsort(a, axis); }, "a"_a,
      "axis"_a = -1, kw(), "Where the elements of the sorted array are (uint32).");
  def_op(
      m, "partition",
      [](const Array& a, int64_t kth, Axis axis) { return partition(a, kth, axis); }, "a"_a,
      "kth"_a, "axis"_a = -1, kw(),
      "With the element that sorting would put at kth there, smaller ones before it.");
  def_op(
      m, "argpartition",
      [](const Array& a, int64_t kth, Axis axis) { return argpartition(a, kth, axis); }, "a"_a,
      "kth"_a, "axis"_a = -1, kw(), "Where the elements of the partitioned array are (uint32).");
  def_op(
      m, "topk", [](const Array& a, int64_t k, Axis axis) { return topk(a, k, axis); }, "a"_a,
      "k"_a, "axis"_a = -1, kw(), "The k largest elements along an axis.");
  def_op(
      m, "median",
      [](const Array& a, AxesArgument axis, bool keepdims) {
        return median(a, axis.axes, keepdims);
      },
      "a"_a, "axis"_a = nb::none(), "keepdims"_a = false, kw(),
      "The middle element in order over axes, or the mean of the two in the middle.");
}

}  // namespace lazulite::python
