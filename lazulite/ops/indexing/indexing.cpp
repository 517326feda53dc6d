#include "lazulite/ops/indexing.h"

#include <fmt/format.h>

#include <atomic>
#include <limits>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/indexing/positions.h"
#include "lazulite/ops/indexing/scatter_points.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/primitives.h"

namespace lazulite {
namespace {

std::atomic<bool> clamping{false};

// x and indices of equal rank, broadcast against each other along all axes but one.
struct Aligned {
  Array x;
  Array indices;
  int axis;
};

Aligned align(const Array& x, const Array& indices, int axis, bool broadcast_x, IndexUse use,
              const char* operation) {
  int at = normalize_axis(axis, x.ndim(), operation);
  auto place = static_cast<size_t>(at);
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
  Array checked = checked_positions(indices, x.shape()[place], use);
  return {broadcast_to(x, x_shape), broadcast_to(checked, index_shape), at};
}

// Sums of half precision are accumulated in float32, as all are, and rounded once.
Array widened(const Array& x) { return is_half(x.dtype()) ? astype(x, Dtype::float32) : x; }

Array added(const Array& x, const Array& positions, const Array& updates, PrimitivePtr scatter) {
  Array sums = make(std::move(scatter), {widened(x), positions, widened(updates)});
  return sums.dtype() == x.dtype() ? sums : astype(sums, x.dtype());
}

Array scatter_along(const Array& x, const Array& indices, const Array& values, int axis, bool add,
                    const char* operation) {
  IndexUse use = add ? IndexUse::add_along_axis : IndexUse::put_along_axis;
  Aligned aligned = align(x, indices, axis, false, use, operation);
  ArrayTypeRef types[] = {aligned.x, aligned.indices};
  if (element_count(infer(GatherAlong{aligned.axis}, types)[0].shape) == 0) return x;
  Array updates = broadcast_to(astype(values, x.dtype()), aligned.indices.shape());
  PrimitivePtr scatter = make_primitive(ScatterAlong{aligned.axis, add});
  if (add) return added(aligned.x, aligned.indices, updates, std::move(scatter));
  return make(std::move(scatter), {aligned.x, aligned.indices, updates});
}

}  // namespace

Array checked_positions(const Array& indices, int64_t size, IndexUse use, bool wrap) {
  CheckIndex check{use, size, wrap, clamping};
  // What a derivative rule was given has been checked already.
  const PrimitivePtr& made_by = indices.node()->primitive;
  const CheckIndex* earlier = made_by ? made_by->get_if<CheckIndex>() : nullptr;
  if (earlier && earlier->size == size) return indices;
  return make(make_primitive(std::move(check)), {indices});
}

void set_index_clamping(bool clamp) { clamping = clamp; }
bool index_clamping() { return clamping; }

Array checked_labels(const Array& labels, int64_t classes) {
  expect_array("checked_labels", labels);
  if (!is_integer(labels.dtype()) || classes < 1) {
    throw Error(fmt::format("class labels are integers for at least one class, not {} for {}",
                            name_of(labels.dtype()), classes));
  }
  return checked_positions(labels, classes, IndexUse::class_labels, false);
}

Array take(Array x, Array indices, int axis) {
  const ReleaseOnReturn release(x, indices);
  int at = normalize_axis(axis, x.ndim(), "take");
  Array checked = checked_positions(indices, x.shape(at), IndexUse::take);
  return make(make_primitive(Gather{at}), {x, checked});
}

Array take(Array x, Array indices) {
  const ReleaseOnReturn release(x, indices);
  return take(flatten(x), indices, 0);
}

Array take(Array x, int64_t position, int axis) {
  const ReleaseOnReturn release(x);
  auto place = static_cast<size_t>(normalize_axis(axis, x.ndim(), "take"));
  std::vector<Index> indices(place, Slice{});
  indices.push_back(position);
  return index(x, indices);
}

Array take_along_axis(Array x, Array indices, int axis) {
  const ReleaseOnReturn release(x, indices);
  Aligned aligned = align(x, indices, axis, true, IndexUse::take_along_axis, "take_along_axis");
  return make(make_primitive(GatherAlong{aligned.axis}), {aligned.x, aligned.indices});
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
  ArrayTypeRef types[] = {x, indices};
  Shape shape = infer(Gather{at}, types)[0].shape;
  Array fitted = broadcast_to(astype(updates, x.dtype()), shape);
  if (fitted.size() == 0) return x;
  Array checked = checked_positions(indices, x.shape(at), IndexUse::scatter_add);
  return added(x, checked, fitted, make_primitive(ScatterAdd{at}));
}

namespace {

// For gather and scatter: positions of one shape for distinct axes, counted from the front.
struct Points {
  std::vector<Array> positions;
  Axes axes;
};

Points points_of(const Array& x, const std::vector<Array>& indices, const Axes& axes, IndexUse use,
                 const char* operation) {
  if (indices.empty() || indices.size() != axes.size()) {
    throw Error(fmt::format("{}: {} arrays of indices for {} axes", operation, indices.size(),
                            axes.size()));
  }
  Points points;
  Shape common;
  for (size_t i = 0; i < indices.size(); ++i) {
    points.axes.push_back(normalize_axis(axes[i], x.ndim(), operation));
    common = broadcast_shapes(common, indices[i].shape(), operation);
  }
  for (size_t i = 0; i < indices.size(); ++i) {
    Array checked = checked_positions(indices[i], x.shape(points.axes[i]), use);
    points.positions.push_back(broadcast_to(checked, common));
  }
  return points;
}

}  // namespace

Array gather(Array x, std::vector<Array> indices, const Axes& axes) {
  const ReleaseOnReturn release(x, indices);
  Points points = points_of(x, indices, axes, IndexUse::gather, "gather");
  SmallVector<Array, 2> inputs = {x};
  for (const Array& array : points.positions) inputs.push_back(array);
  return make(make_primitive(GatherPoints{points.axes, 0}), std::move(inputs));
}

Array scatter(Array x, std::vector<Array> indices, Array updates, const Axes& axes, Update how) {
  const ReleaseOnReturn release(x, indices, updates);
  Points points = points_of(x, indices, axes, IndexUse::scatter, "scatter");
  return scatter_points(x, points.positions, points.axes, 0, astype(updates, x.dtype()), how,
                        "scatter");
}

}  // namespace lazulite
