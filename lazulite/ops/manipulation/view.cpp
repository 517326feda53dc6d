// Elements seen in another way: their bytes, or a walk over them in steps of one's own.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <vector>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/elementwise.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/manipulation/strided_extent.h"
#include "lazulite/ops/primitives/call.h"
#include "lazulite/ops/primitives/movers.h"

namespace lazulite {

Array view(Array x, Dtype dtype) {
  const ReleaseOnReturn release(x);
  if (x.dtype() == dtype) return x;
  // The bytes of bools are 0 and 1, by which they are counted and compared; any other is true, too.
  if (dtype == Dtype::bool_) return not_equal(view(x, Dtype::uint8), 0);
  return make(make_primitive(BitView{dtype}), {x});
}

namespace {

// An axis of a strided array, by how far its elements are apart.
struct StridedAxis {
  size_t axis;
  int64_t size, stride;
};

// The last axis of `x`, from `first` on, as such axes: parted where an axis does not reach into the
// next element of the one before it. Nothing where it does.
std::optional<Array> part_last_axis(Array x, int64_t first, const std::vector<StridedAxis>& axes) {
  for (size_t i = 0; i < axes.size(); ++i) {
    const auto [axis, size, stride] = axes[i];
    const int64_t length = x.shape(-1), last = first + (size - 1) * stride + 1;
    Positions starts(x.ndim(), 0), stops(x.shape().begin(), x.shape().end()), steps(x.ndim(), 1);
    if (i + 1 == axes.size()) {
      starts.back() = first, stops.back() = last, steps.back() = stride;
      return slice(x, starts, stops, steps);
    }
    int64_t span = 1;
    for (size_t j = i + 1; j < axes.size(); ++j) span += (axes[j].size - 1) * axes[j].stride;
    const int64_t start = std::min(first, length - size * stride);
    if (start < 0 || first - start + span > stride) return std::nullopt;
    starts.back() = start, stops.back() = start + size * stride;
    x = unflatten(slice(x, starts, stops), -1, {size, stride});
    first -= start;
  }
  return slice(x, {first}, {first + 1});
}

// Without a copy, by slices, reshapes and permutations; nothing where axes overlap.
std::optional<Array> strided_view(const Array& row, const Shape& shape, const Strides& strides,
                                  int64_t offset) {
  std::vector<StridedAxis> axes;
  Positions starts(shape.size(), 0), stops(shape.begin(), shape.end()), steps(shape.size(), 1);
  int64_t first = offset;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] == 1 || strides[axis] == 0) continue;
    axes.push_back({axis, shape[axis], std::abs(strides[axis])});
    if (strides[axis] > 0) continue;
    first += (shape[axis] - 1) * strides[axis];
    starts[axis] = shape[axis] - 1, stops[axis] = -shape[axis] - 1, steps[axis] = -1;
  }
  std::stable_sort(axes.begin(), axes.end(),
                   [](const StridedAxis& a, const StridedAxis& b) { return a.stride > b.stride; });
  std::optional<Array> parted = part_last_axis(row, first, axes);
  if (!parted) return std::nullopt;
  Shape ordered(shape.size(), 1);
  Axes order(axes.size(), 0);
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int a, int b) { return axes[a].axis < axes[b].axis; });
  for (const StridedAxis& axis : axes) ordered[axis.axis] = axis.size;
  Array out = axes.empty() ? *parted : transpose(*parted, order);
  return broadcast_to(slice(reshape(out, ordered), starts, stops, steps), shape);
}

}  // namespace

Array as_strided(Array x, const Shape& shape, const Strides& strides, int64_t offset) {
  const ReleaseOnReturn release(x);
  check_shape(shape, x.itemsize(), "as_strided");
  if (strides.size() != shape.size()) {
    throw ValueError(fmt::format("as_strided: {} strides were given for shape {}", strides.size(),
                                 to_string(shape)));
  }
  if (element_count(shape) == 0) return zeros(shape, x.dtype());
  const std::optional<StridedExtent> extent = strided_extent(shape, strides, offset);
  if (!extent || extent->first < 0 || extent->last >= x.size()) {
    throw IndexError(fmt::format(
        "as_strided: shape {} with strides {} from element {} leaves an array of {} elements",
        to_string(shape), to_string(Shape(strides)), offset, x.size()));
  }
  const Array row = flatten(x);
  if (std::optional<Array> view = strided_view(row, shape, strides, offset)) return *view;
  return make(make_primitive(Call{CallId::as_strided, {shape, Shape(strides), offset}}), {row});
}

Array as_strided(Array x, const Shape& shape) {
  const ReleaseOnReturn release(x);
  return as_strided(x, shape, row_major_strides(shape));
}

}  // namespace lazulite
