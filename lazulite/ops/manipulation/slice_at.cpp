// Slices whose places are arrays.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/indexing.h"
#include "lazulite/ops/indexing/positions.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"

namespace lazulite {
namespace {

// The axes, counted from the front, one for each start.
Axes checked_axes(const char* operation, const Array& x, const Array& starts, const Axes& axes) {
  if (!is_integer(starts.dtype())) {
    throw ValueError(
        fmt::format("{}: the starts must be integers, not {}", operation, name_of(starts.dtype())));
  }
  if (starts.ndim() > 1 || starts.size() != static_cast<int64_t>(axes.size())) {
    throw ValueError(fmt::format("{}: starts of shape {} for {} axes of an array of shape {}",
                                 operation, to_string(starts.shape()), axes.size(),
                                 to_string(x.shape())));
  }
  Axes out;
  for (int axis : axes) {
    const int at = normalize_axis(axis, x.ndim(), operation);
    if (std::find(out.begin(), out.end(), at) != out.end()) {
      throw ValueError(fmt::format("{}: axis {} is given twice", operation, axis));
    }
    out.push_back(at);
  }
  return out;
}

void check_sizes(const char* operation, const Array& x, const Shape& sizes) {
  bool fits = sizes.size() == x.ndim();
  for (size_t axis = 0; fits && axis < sizes.size(); ++axis) {
    fits = sizes[axis] >= 0 && sizes[axis] <= x.shape()[axis];
  }
  if (fits) return;
  throw ValueError(fmt::format("{}: a part of shape {} does not fit into an array of shape {}",
                               operation, to_string(sizes), to_string(x.shape())));
}

// The positions along the i-th of the axes, which has `of` of them, in the shape `along`, whose
// first size is the part's. The start is checked by itself: a sum with it could wrap, and a part
// that runs past the end from before the front would go on at the front.
Array positions(const Array& starts, size_t i, const Shape& along, int64_t of, IndexUse use) {
  const int64_t size = along[0];
  if (size == 0) return zeros(along, Dtype::int32);
  const auto at = static_cast<int64_t>(i);
  Array start = checked_positions(slice(flatten(starts), {at}, {at + 1}), of, use);
  start = reshape(start, Shape(along.size(), 1));
  if (size == 1) return start;
  const Dtype dtype = of <= std::numeric_limits<int32_t>::max() / 2 ? Dtype::int32 : Dtype::int64;
  Array further = reshape(arange(size, dtype), along);
  return checked_positions(astype(start, dtype) + further, of, use, false);
}

// x without what lies behind `sizes` along the axes that have no start.
struct Front {
  Front(const Array& x, const Axes& at, const Shape& sizes) : stops(x.shape()) {
    for (size_t axis = 0; axis < stops.size(); ++axis) {
      const bool has_start = std::find(at.begin(), at.end(), static_cast<int>(axis)) != at.end();
      if (!has_start) stops[axis] = sizes[axis];
    }
    array = slice(x, Positions(x.ndim(), 0), Positions(stops));
  }
  Shape stops;
  Array array;
};

}  // namespace

Array slice_at(Array x, Array starts, const Axes& axes, const Shape& sizes) {
  const ReleaseOnReturn release(x, starts);
  const Axes at = checked_axes("slice_at", x, starts, axes);
  check_sizes("slice_at", x, sizes);
  Array out = Front(x, at, sizes).array;
  for (size_t i = 0; i < at.size(); ++i) {
    const int64_t size = sizes[static_cast<size_t>(at[i])];
    out = take(out, positions(starts, i, {size}, out.shape(at[i]), IndexUse::slice), at[i]);
  }
  return out;
}

Array slice_update_at(Array x, Array update, Array starts, const Axes& axes) {
  const ReleaseOnReturn release(x, update, starts);
  const Axes at = checked_axes("slice_update_at", x, starts, axes);
  Array part = astype(update, x.dtype());
  if (part.ndim() == 0) {
    Shape shape = x.shape();
    for (int axis : at) shape[static_cast<size_t>(axis)] = 1;
    part = broadcast_to(part, shape);
  } else if (part.ndim() < x.ndim()) {
    Shape shape(x.ndim() - part.ndim(), 1);
    for (int64_t size : part.shape()) shape.push_back(size);
    part = reshape(part, shape);
  }
  check_sizes("slice_update_at", x, part.shape());
  if (part.size() == 0) return x;
  // As `scatter` wants them: positions of the axes that have starts, and those axes first.
  std::vector<Array> places;
  Axes order = at;
  for (size_t i = 0; i < at.size(); ++i) {
    Shape along(at.size() - i, 1);
    along[0] = part.shape()[static_cast<size_t>(at[i])];
    places.push_back(positions(starts, i, along, x.shape(at[i]), IndexUse::slice_update));
  }
  for (int axis = 0; axis < static_cast<int>(x.ndim()); ++axis) {
    if (std::find(at.begin(), at.end(), axis) == at.end()) order.push_back(axis);
  }
  const Front front(x, at, part.shape());
  if (at.empty()) return slice_update(x, part, Positions(x.ndim(), 0), Positions(front.stops));
  Array changed = scatter(front.array, std::move(places), transpose(part, order), at);
  if (front.stops == x.shape()) return changed;
  return slice_update(x, changed, Positions(x.ndim(), 0), Positions(front.stops));
}

}  // namespace lazulite
