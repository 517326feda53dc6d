#include "lazulite/ops/primitives/indexing.h"

#include <algorithm>
#include <limits>

#include "lazulite/ops/primitives/definition.h"

namespace lazulite {

using namespace definition;

LAZULITE_DEFINE_PRIMITIVE(CheckIndex);
LAZULITE_DEFINE_PRIMITIVE(Gather);
LAZULITE_DEFINE_PRIMITIVE(ScatterAdd);
LAZULITE_DEFINE_PRIMITIVE(GatherAlong);
LAZULITE_DEFINE_PRIMITIVE(ScatterAlong);
LAZULITE_DEFINE_PRIMITIVE(GatherPoints);
LAZULITE_DEFINE_PRIMITIVE(ScatterPoints);

namespace {

void check_indices(const char* operation, const ArrayTypeRef& x, const ArrayTypeRef& indices,
                   int axis) {
  expect_axis(operation, axis, x.shape);
  if (!is_integer(indices.dtype)) {
    throw Error(fmt::format("{}: indices are integers, not {}", operation, name_of(indices.dtype)));
  }
  if (x.shape[static_cast<size_t>(axis)] == 0 && element_count(indices.shape) != 0) {
    throw Error(fmt::format("{}: axis {} of shape {} is empty, there is nothing to index",
                            operation, axis, to_string(x.shape)));
  }
}

// Equal ranks and equal sizes but along `axis`.
void check_aligned(const char* operation, const ArrayTypeRef& x, const ArrayTypeRef& indices,
                   int axis) {
  check_indices(operation, x, indices, axis);
  Shape expected = indices.shape;
  if (expected.size() == x.shape.size()) {
    expected[static_cast<size_t>(axis)] = x.shape[static_cast<size_t>(axis)];
  }
  if (expected != x.shape) {
    throw Error(fmt::format("{}: indices of shape {} do not fit an array of shape {}", operation,
                            to_string(indices.shape), to_string(x.shape)));
  }
}

Shape gathered_shape(const Shape& x, const Shape& indices, int axis) {
  Shape shape(x.begin(), x.begin() + axis);
  for (int64_t size : indices) shape.push_back(size);
  for (auto i = static_cast<size_t>(axis) + 1; i < x.size(); ++i) shape.push_back(x[i]);
  return shape;
}

void check_updates(const char* operation, const ArrayTypeRef& x, const ArrayTypeRef& updates,
                   const Shape& expected) {
  expect_same_dtype(operation, x, updates);
  if (updates.shape != expected) {
    throw Error(fmt::format("{}: updates of shape {} where {} is expected", operation,
                            to_string(updates.shape), to_string(expected)));
  }
}

// The shape of what is gathered; of the inputs the first is x, and `indices` follow.
Shape points_shape(const char* operation, InputTypes inputs, size_t indices, const Axes& axes,
                   int place) {
  const ArrayTypeRef& x = inputs[0];
  if (indices == 0 || indices != axes.size()) {
    throw Error(
        fmt::format("{}: {} arrays of indices for {} axes", operation, indices, axes.size()));
  }
  for (size_t i = 0; i < indices; ++i) {
    check_indices(operation, x, inputs[i + 1], axes[i]);
    if (inputs[i + 1].shape != inputs[1].shape) {
      throw Error(fmt::format("{}: indices of shapes {} and {}", operation,
                              to_string(inputs[1].shape), to_string(inputs[i + 1].shape)));
    }
  }
  const Axes others = other_axes(x.shape.size(), axes);
  if (others.size() + indices != x.shape.size()) {
    throw Error(
        fmt::format("{}: an axis of shape {} is indexed twice", operation, to_string(x.shape)));
  }
  if (place < 0 || place > static_cast<int>(others.size())) {
    throw Error(fmt::format("{}: place {} among {} axes", operation, place, others.size()));
  }
  return shape_of_points(x.shape, axes, place, inputs[1].shape);
}

const char* operation_of(ScatterOp op) {
  static constexpr const char* names[] = {"scatter",        "scatter_add", "scatter_multiply",
                                          "scatter_divide", "scatter_max", "scatter_min"};
  return names[static_cast<size_t>(op)];
}

}  // namespace

Axes other_axes(size_t ndim, const Axes& axes) {
  Axes others;
  for (int axis = 0; axis < static_cast<int>(ndim); ++axis) {
    if (std::find(axes.begin(), axes.end(), axis) == axes.end()) others.push_back(axis);
  }
  return others;
}

Shape shape_of_points(const Shape& x, const Axes& axes, int place, const Shape& indices) {
  const Axes others = other_axes(x.size(), axes);
  Shape shape;
  for (size_t i = 0; i <= others.size(); ++i) {
    if (i == static_cast<size_t>(place)) {
      for (int64_t size : indices) shape.push_back(size);
    }
    if (i < others.size()) shape.push_back(x[static_cast<size_t>(others[i])]);
  }
  return shape;
}

void CheckIndex::reject(const std::string& index) const {
  if (use == IndexUse::class_labels) {
    throw IndexError(
        fmt::format("the class label {} is out of range for {} classes: labels are 0 to {}", index,
                    size, size - 1));
  }
  if (use == IndexUse::mask_values) {
    throw Error(fmt::format("index_update: {} values for a mask that holds at more places", size));
  }
  if (use == IndexUse::segmented_mm) {
    throw IndexError(
        fmt::format("segmented_mm: a segment cannot begin or end at {} of {}: its ends are 0 to {}",
                    index, size - 1, size - 1));
  }
  static constexpr const char* operations[] = {
      "take",         "take_along_axis", "put_along_axis", "add_along_axis", "scatter_add",
      "index",        "index_update",    "gather",         "scatter",        "slice",
      "slice_update", "gather_mm",       "gather_qmm"};
  throw IndexError(
      fmt::format("{}: the index {} is out of range for an axis of size {}: indices are {} to {}",
                  operations[static_cast<size_t>(use)], index, size, wrap ? -size : 0, size - 1));
}

ArrayTypes infer(const CheckIndex& p, InputTypes inputs) {
  expect_inputs("CheckIndex", inputs, 1);
  if (!is_integer(inputs[0].dtype)) {
    throw Error(fmt::format("indices are integers, not {}", name_of(inputs[0].dtype)));
  }
  if (p.size < 0) throw Error(fmt::format("indices into an axis of size {}", p.size));
  bool narrow = p.size <= std::numeric_limits<int32_t>::max();
  return {{inputs[0].shape, narrow ? Dtype::int32 : Dtype::int64}};
}

ArrayTypes infer(const Gather& p, InputTypes inputs) {
  expect_inputs("take", inputs, 2);
  check_indices("take", inputs[0], inputs[1], p.axis);
  return {{gathered_shape(inputs[0].shape, inputs[1].shape, p.axis), inputs[0].dtype}};
}

ArrayTypes infer(const ScatterAdd& p, InputTypes inputs) {
  expect_inputs("scatter_add", inputs, 3);
  check_indices("scatter_add", inputs[0], inputs[1], p.axis);
  check_updates("scatter_add", inputs[0], inputs[2],
                gathered_shape(inputs[0].shape, inputs[1].shape, p.axis));
  return {{inputs[0].shape, inputs[0].dtype}};
}

ArrayTypes infer(const GatherAlong& p, InputTypes inputs) {
  expect_inputs("take_along_axis", inputs, 2);
  check_aligned("take_along_axis", inputs[0], inputs[1], p.axis);
  return {{inputs[1].shape, inputs[0].dtype}};
}

ArrayTypes infer(const ScatterAlong& p, InputTypes inputs) {
  const char* operation = p.add ? "add_along_axis" : "put_along_axis";
  expect_inputs(operation, inputs, 3);
  check_aligned(operation, inputs[0], inputs[1], p.axis);
  check_updates(operation, inputs[0], inputs[2], inputs[1].shape);
  return {{inputs[0].shape, inputs[0].dtype}};
}

ArrayTypes infer(const GatherPoints& p, InputTypes inputs) {
  if (inputs.empty()) throw Error("gather: no array is given");
  return {{points_shape("gather", inputs, inputs.size() - 1, p.axes, p.place), inputs[0].dtype}};
}

ArrayTypes infer(const ScatterPoints& p, InputTypes inputs) {
  const char* operation = operation_of(p.op);
  if (inputs.size() < 2) throw Error(fmt::format("{}: no updates are given", operation));
  check_updates(operation, inputs[0], inputs.back(),
                points_shape(operation, inputs, inputs.size() - 2, p.axes, p.place));
  if (p.op == ScatterOp::divide && inputs[0].dtype == Dtype::bool_) {
    throw Error("scatter_divide: numbers are divided, not bools");
  }
  return {{inputs[0].shape, inputs[0].dtype}};
}

}  // namespace lazulite
