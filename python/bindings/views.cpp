#include "conversion.h"
#include "define.h"
#include "lazulite/ops/manipulation.h"
#include "module.h"

namespace lazulite::python {

void bind_views(nb::module_& m, nb::class_<Array>& type) {
  const char* view_text =
      "The bytes of the elements as elements of another dtype; the last axis grows or shrinks with "
      "their size.\n\nExample:\n    >>> view(array([1.0, 2.0]), int32)\n"
      "    array([1065353216, 1073741824], dtype=int32)\n";
  def(
      m, "view",
      [](Operand a, DtypeObject dtype, StreamArgument stream) {
        OriginScope origin;
        StreamArgumentScope scope(stream);
        return view(to_array(a.object), dtype.value);
      },
      "a"_a, "dtype"_a, "stream"_a = nb::none(), view_text);
  def_method(
      type, "view", [](const Array& a, DtypeObject dtype) { return view(a, dtype.value); },
      "dtype"_a, kw(), view_text);
  def_op(
      m, "as_strided",
      [](const Array& a, std::optional<ShapeArgument> shape, std::optional<ShapeArgument> strides,
         int64_t offset) {
        const Shape to = shape ? shape->shape : a.shape();
        return as_strided(a, to, strides ? Strides(strides->shape) : row_major_strides(to), offset);
      },
      "a"_a, "shape"_a = nb::none(), "strides"_a = nb::none(), "offset"_a = 0, kw(),
      "Elements of the flattened array in another shape: neighbours along an axis are its stride "
      "apart. What lies outside of the array is an IndexError.");
  auto axes_of = [](const IntsArgument& given) {
    Axes axes;
    for (int64_t axis : given.values) axes.push_back(narrowed(axis));
    return axes;
  };
  def_op(
      m, "slice",
      [axes_of](const Array& a, const Array& starts, IntsArgument axes, ShapeArgument size) {
        return slice_at(a, starts, axes_of(axes), size.shape);
      },
      "a"_a, "start_indices"_a, "axes"_a, "slice_size"_a, kw(),
      "The part of this size that begins where an array says, one index for each of the axes.\n\n"
      "Example:\n    >>> slice(array([[1, 2, 3], [4, 5, 6]]), array([1, 1]), (0, 1), (1, 2))\n"
      "    array([[5, 6]], dtype=int32)\n");
  def_op(
      m, "slice_update",
      [axes_of](const Array& a, const Array& update, const Array& starts, IntsArgument axes) {
        return slice_update_at(a, update, starts, axes_of(axes));
      },
      "a"_a, "update"_a, "start_indices"_a, "axes"_a, kw(),
      "A copy in which the part that begins where an array says, one index for each of the axes, "
      "is replaced.");
}

}  // namespace lazulite::python
