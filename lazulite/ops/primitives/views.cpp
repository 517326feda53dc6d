#include "lazulite/ops/primitives/views.h"

#include "lazulite/ops/primitives/definition.h"

namespace lazulite {

using namespace definition;

LAZULITE_DEFINE_PRIMITIVE(Alias);
LAZULITE_DEFINE_PRIMITIVE(StopGradient);
LAZULITE_DEFINE_PRIMITIVE(Reshape);
LAZULITE_DEFINE_PRIMITIVE(Transpose);
LAZULITE_DEFINE_PRIMITIVE(Broadcast);
LAZULITE_DEFINE_PRIMITIVE(SliceView);

ArrayTypes infer(const Alias&, InputTypes inputs) {
  expect_inputs("alias", inputs, 1);
  return {{inputs[0].shape, inputs[0].dtype}};
}

ArrayTypes infer(const StopGradient&, InputTypes inputs) {
  expect_inputs("stop_gradient", inputs, 1);
  return {{inputs[0].shape, inputs[0].dtype}};
}

ArrayTypes infer(const Reshape& p, InputTypes inputs) {
  expect_inputs("reshape", inputs, 1);
  check_shape(p.shape, size_of(inputs[0].dtype), "reshape");
  int64_t size = element_count(inputs[0].shape);
  if (element_count(p.shape) != size) {
    throw Error(fmt::format("reshape: an array of {} element{} cannot have shape {}", size,
                            size == 1 ? "" : "s", to_string(p.shape)));
  }
  return {{p.shape, inputs[0].dtype}};
}

ArrayTypes infer(const Transpose& p, InputTypes inputs) {
  expect_inputs("transpose", inputs, 1);
  const Shape& from = inputs[0].shape;
  if (p.axes.size() != from.size()) {
    throw Error(fmt::format("transpose: {} axes are given for an array of shape {}", p.axes.size(),
                            to_string(from)));
  }
  SmallVector<uint8_t, 8> taken(from.size(), false);
  Shape shape;
  for (int axis : p.axes) {
    expect_axis("transpose", axis, from);
    auto place = static_cast<size_t>(axis);
    if (taken[place]) throw Error(fmt::format("transpose: axis {} is given twice", axis));
    taken[place] = 1;
    shape.push_back(from[place]);
  }
  return {{std::move(shape), inputs[0].dtype}};
}

ArrayTypes infer(const Broadcast& p, InputTypes inputs) {
  expect_inputs("broadcast_to", inputs, 1);
  for (int64_t size : p.shape) {
    if (size < 0) {
      throw Error(fmt::format("broadcast_to: shape {} has a negative size", to_string(p.shape)));
    }
  }
  if (broadcast_shapes(inputs[0].shape, p.shape, "broadcast_to") != p.shape) {
    throw Error(fmt::format("broadcast_to: an array of shape {} cannot be broadcast to {}",
                            to_string(inputs[0].shape), to_string(p.shape)));
  }
  return {{p.shape, inputs[0].dtype}};
}

void check_slice(const char* operation, const Shape& of, const Starts& starts, const Starts& steps,
                 const Shape& shape) {
  bool fits = starts.size() == of.size() && steps.size() == of.size() && shape.size() == of.size();
  bool empty = fits && element_count(shape) == 0;
  for (size_t axis = 0; fits && !empty && axis < of.size(); ++axis) {
    int64_t last = 0;
    fits = steps[axis] != 0 && starts[axis] >= 0 && starts[axis] < of[axis] &&
           !__builtin_mul_overflow(shape[axis] - 1, steps[axis], &last) &&
           !__builtin_add_overflow(starts[axis], last, &last) && last >= 0 && last < of[axis];
  }
  if (fits) return;
  throw Error(fmt::format(
      "{}: {} elements from {} in steps of {} do not lie in an array of shape {}", operation,
      to_string(shape), to_string(Shape(starts)), to_string(Shape(steps)), to_string(of)));
}

ArrayTypes infer(const SliceView& p, InputTypes inputs) {
  expect_inputs("slice", inputs, 1);
  check_slice("slice", inputs[0].shape, p.starts, p.steps, p.shape);
  return {{p.shape, inputs[0].dtype}};
}

}  // namespace lazulite
