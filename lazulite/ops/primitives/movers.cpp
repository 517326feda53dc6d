#include "lazulite/ops/primitives/movers.h"

#include "lazulite/ops/primitives/definition.h"

namespace lazulite {

using namespace definition;

LAZULITE_DEFINE_PRIMITIVE(Copy);
LAZULITE_DEFINE_PRIMITIVE(BitView);
LAZULITE_DEFINE_PRIMITIVE(SliceUpdate);
LAZULITE_DEFINE_PRIMITIVE(Concatenate);

ArrayTypes infer(const Copy&, InputTypes inputs) {
  expect_inputs("copy", inputs, 1);
  return {{inputs[0].shape, inputs[0].dtype}};
}

ArrayTypes infer(const BitView& p, InputTypes inputs) {
  expect_inputs("view", inputs, 1);
  const auto& [shape, dtype] = inputs[0];
  const auto from = static_cast<int64_t>(size_of(dtype)),
             to = static_cast<int64_t>(size_of(p.dtype));
  if (from == to) return {{shape, p.dtype}};
  if (shape.empty()) {
    throw Error(fmt::format("view: a single {} has not the size of a {}", name_of(dtype),
                            name_of(p.dtype)));
  }
  Shape out = shape;
  const int64_t bytes = multiply_sizes(shape.back(), from, "view");
  if (bytes % to != 0) {
    throw Error(
        fmt::format("view: the last axis of an array of shape {} has {} bytes, which are no "
                    "whole number of {}",
                    to_string(shape), bytes, name_of(p.dtype)));
  }
  out.back() = bytes / to;
  return {{std::move(out), p.dtype}};
}

ArrayTypes infer(const SliceUpdate& p, InputTypes inputs) {
  expect_inputs("slice_update", inputs, 2);
  expect_same_dtype("slice_update", inputs[0], inputs[1]);
  check_slice("slice_update", inputs[0].shape, p.starts, p.steps, inputs[1].shape);
  return {{inputs[0].shape, inputs[0].dtype}};
}

ArrayTypes infer(const Concatenate& p, InputTypes inputs) {
  if (inputs.empty()) throw Error("concatenate: no arrays are given");
  const Shape& first = inputs[0].shape;
  expect_axis("concatenate", p.axis, first);
  auto axis = static_cast<size_t>(p.axis);
  Shape shape = first;
  shape[axis] = 0;
  for (const ArrayTypeRef& input : inputs) {
    expect_same_dtype("concatenate", inputs[0], input);
    Shape expected = first;
    if (input.shape.size() == first.size()) expected[axis] = input.shape[axis];
    if (input.shape != expected) {
      throw Error(fmt::format("concatenate: along axis {}, shapes {} and {} do not fit together",
                              p.axis, to_string(first), to_string(input.shape)));
    }
    if (__builtin_add_overflow(shape[axis], input.shape[axis], &shape[axis])) {
      throw Error(
          fmt::format("concatenate: axis {} of the result is longer than 2^63 - 1", p.axis));
    }
  }
  return {{std::move(shape), inputs[0].dtype}};
}

}  // namespace lazulite
