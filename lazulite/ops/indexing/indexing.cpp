#include "lazulite/ops/indexing.h"

#include <fmt/format.h>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/manipulation/slice_range.h"

namespace lazulite {
namespace {

void check_indices(const Array& x, const Array& indices, size_t axis, const char* operation) {
  if (!is_integer(indices.dtype())) {
    throw Error(
        fmt::format("{}: indices are integers, not {}", operation, name_of(indices.dtype())));
  }
  if (x.shape()[axis] == 0 && indices.size() != 0) {
    throw Error(fmt::format("{}: axis {} of shape {} is empty, there is nothing to index",
                            operation, axis, to_string(x.shape())));
  }
}

Shape gathered_shape(const Array& x, const Array& indices, size_t axis) {
  Shape shape(x.shape().begin(), x.shape().begin() + axis);
  for (int64_t size : indices.shape()) shape.push_back(size);
  for (size_t i = axis + 1; i < x.ndim(); ++i) shape.push_back(x.shape()[i]);
  return shape;
}

// x and indices of equal rank, broadcast against each other along all axes but one.
struct Aligned {
  Array x;
  Array indices;
  int axis;
};

Aligned align(const Array& x, const Array& indices, int axis, bool broadcast_x,
              const char* operation) {
  int at = normalize_axis(axis, x.ndim(), operation);
  auto place = static_cast<size_t>(at);
  check_indices(x, indices, place, operation);
  if (indices.ndim() != x.ndim()) {
    throw Error(
        fmt::format("{}: indices of shape {} and an array of shape {} differ in their "
                    "number of dimensions",
                    operation, to_string(indices.shape()), to_string(x.shape())));
  }
  Shape common = x.shape(), given = indices.shape();
  common[place] = given[place] = 1;
  Shape both = broadcast_shapes(common, given, operation);
  if (!broadcast_x && both != common) {
    throw Error(fmt::format("{}: indices of shape {} do not fit an array of shape {}", operation,
                            to_string(indices.shape()), to_string(x.shape())));
  }
  Shape x_shape = both, index_shape = both;
  x_shape[place] = x.shape()[place];
  index_shape[place] = indices.shape()[place];
  return {broadcast_to(x, x_shape), broadcast_to(indices, index_shape), at};
}

Array scatter_along(const Array& x, const Array& indices, const Array& values, int axis, bool add,
                    const char* operation) {
  Aligned aligned = align(x, indices, axis, false, operation);
  if (aligned.indices.size() == 0) return x;
  Array updates = broadcast_to(astype(values, x.dtype()), aligned.indices.shape());
  return make_array(make_primitive(ScatterAlong{aligned.axis, add}),
                    {aligned.x, aligned.indices, updates}, x.shape(), x.dtype());
}

}  // namespace

Array take(Array x, Array indices, int axis) {
  const ReleaseOnReturn release(x, indices);
  int at = normalize_axis(axis, x.ndim(), "take");
  auto place = static_cast<size_t>(at);
  check_indices(x, indices, place, "take");
  return make_array(make_primitive(Gather{at}), {x, indices}, gathered_shape(x, indices, place),
                    x.dtype());
}

Array take(Array x, Array indices) { return take(flatten(std::move(x)), std::move(indices), 0); }

Array take(Array x, int64_t position, int axis) {
  const ReleaseOnReturn release(x);
  auto place = static_cast<size_t>(normalize_axis(axis, x.ndim(), "take"));
  std::vector<Index> indices(place, Slice{});
  indices.push_back(position);
  return index(x, indices);
}

Array take_along_axis(Array x, Array indices, int axis) {
  const ReleaseOnReturn release(x, indices);
  Aligned aligned = align(x, indices, axis, true, "take_along_axis");
  return make_array(make_primitive(GatherAlong{aligned.axis}), {aligned.x, aligned.indices},
                    aligned.indices.shape(), x.dtype());
}

Array put_along_axis(Array x, Array indices, Array values, int axis) {
  const ReleaseOnReturn release(x, indices, values);
  return scatter_along(x, indices, values, axis, false, "put_along_axis");
}

Array add_along_axis(Array x, Array indices, Array values, int axis) {
  const ReleaseOnReturn release(x, indices, values);
  return scatter_along(x, indices, values, axis, true, "add_along_axis");
}

Array scatter_add(Array x, Array indices, Array updates, int axis) {
  const ReleaseOnReturn release(x, indices, updates);
  int at = normalize_axis(axis, x.ndim(), "scatter_add");
  auto place = static_cast<size_t>(at);
  check_indices(x, indices, place, "scatter_add");
  Array fitted = broadcast_to(astype(updates, x.dtype()), gathered_shape(x, indices, place));
  if (fitted.size() == 0) return x;
  return make_array(make_primitive(ScatterAdd{at}), {x, indices, fitted}, x.shape(), x.dtype());
}

}  // namespace lazulite
