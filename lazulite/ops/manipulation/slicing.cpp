#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/manipulation/slice_range.h"
#include "lazulite/ops/primitives/movers.h"
#include "lazulite/ops/primitives/views.h"

namespace lazulite {
namespace {

struct Region {
  Starts starts;
  Starts steps;
  Shape shape;
};

Region region_of(const Shape& shape, const Positions& starts, const Positions& stops,
                 const Positions& strides, const char* operation) {
  if (starts.size() != shape.size() || stops.size() != shape.size() ||
      (!strides.empty() && strides.size() != shape.size())) {
    throw Error(
        fmt::format("{}: {} starts, {} stops and {} strides are given for an array of "
                    "shape {}",
                    operation, starts.size(), stops.size(), strides.size(), to_string(shape)));
  }
  Region region;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    Slice slice{starts[axis], stops[axis], strides.empty() ? 1 : strides[axis]};
    SliceRange range = slice_range(slice, shape[axis], operation);
    region.starts.push_back(range.start);
    region.steps.push_back(range.step);
    region.shape.push_back(range.count);
  }
  return region;
}

std::vector<Array> parts_between(const Array& x, std::vector<int64_t> bounds, size_t axis) {
  std::vector<Array> parts;
  Positions starts(x.ndim(), 0), stops = x.shape();
  for (size_t i = 0; i + 1 < bounds.size(); ++i) {
    starts[axis] = bounds[i];
    stops[axis] = bounds[i + 1];
    parts.push_back(slice(x, starts, stops));
  }
  return parts;
}

}  // namespace

SliceRange slice_range(const Slice& slice, int64_t size, const char* operation) {
  if (slice.step == 0) throw Error(fmt::format("{}: the step of a slice is zero", operation));
  bool forward = slice.step > 0;
  int64_t lowest = forward ? 0 : -1, highest = forward ? size : size - 1;
  auto place = [&](int64_t position) {
    return std::clamp(position < 0 ? position + size : position, lowest, highest);
  };
  int64_t start = slice.start ? place(*slice.start) : (forward ? 0 : size - 1);
  int64_t stop = slice.stop ? place(*slice.stop) : (forward ? size : -1);
  int64_t span = forward ? stop - start : start - stop;
  // As an unsigned number the lowest step has a negative.
  auto length = static_cast<uint64_t>(slice.step);
  if (!forward) length = 0 - length;
  int64_t count =
      span <= 0 ? 0 : static_cast<int64_t>(static_cast<uint64_t>(span - 1) / length) + 1;
  // An empty range starts inside the array, and a step that is not taken is short, so that no
  // address outside of it is ever formed.
  return {count == 0 ? 0 : start, count, count <= 1 ? 1 : slice.step};
}

Array slice_view(const Array& x, const Starts& starts, const Starts& steps, const Shape& shape) {
  if (shape == x.shape() &&
      std::all_of(steps.begin(), steps.end(), [](auto s) { return s == 1; })) {
    return x;
  }
  return make(make_primitive(SliceView{starts, steps, shape}), {x});
}

Array slice(Array x, const Positions& starts, const Positions& stops, const Positions& strides) {
  const ReleaseOnReturn release(x);
  Region region = region_of(x.shape(), starts, stops, strides, "slice");
  return slice_view(x, region.starts, region.steps, region.shape);
}

Array slice_update(Array x, Array update, const Positions& starts, const Positions& stops,
                   const Positions& strides) {
  const ReleaseOnReturn release(x, update);
  Region region = region_of(x.shape(), starts, stops, strides, "slice_update");
  if (broadcast_shapes(update.shape(), region.shape, "slice_update") != region.shape) {
    throw Error(
        fmt::format("slice_update: an update of shape {} cannot be broadcast to the part's "
                    "shape {}",
                    to_string(update.shape()), to_string(region.shape)));
  }
  Array fitted = broadcast_to(astype(update, x.dtype()), region.shape);
  if (fitted.size() == 0) return x;
  return make(make_primitive(SliceUpdate{region.starts, region.steps}), {x, fitted});
}

std::vector<Array> split_equally(Array x, int64_t parts, int axis) {
  const ReleaseOnReturn<Array> release(x, "split");
  auto at = static_cast<size_t>(normalize_axis(axis, x.ndim(), "split"));
  int64_t size = x.shape()[at];
  // Of nothing there may be many parts, but not all of them are held.
  constexpr int64_t most_empty = 1 << 20;
  if (parts <= 0 || size % parts != 0 || (size == 0 && parts > most_empty)) {
    throw Error(fmt::format("split: axis {} of shape {} cannot be split into {} equal parts", axis,
                            to_string(x.shape()), parts));
  }
  std::vector<int64_t> bounds;
  for (int64_t i = 0; i <= parts; ++i) bounds.push_back(i * (size / parts));
  return parts_between(x, bounds, at);
}

std::vector<Array> split(Array x, const std::vector<int64_t>& indices, int axis) {
  const ReleaseOnReturn release(x);
  auto at = static_cast<size_t>(normalize_axis(axis, x.ndim(), "split"));
  std::vector<int64_t> bounds = {0};
  bounds.insert(bounds.end(), indices.begin(), indices.end());
  bounds.push_back(x.shape()[at]);
  return parts_between(x, bounds, at);
}

std::vector<Array> unstack(Array x, int axis) {
  const ReleaseOnReturn release(x);
  int at = normalize_axis(axis, x.ndim(), "unstack");
  std::vector<Array> out;
  if (x.shape(at) == 0) return out;
  for (const Array& part : split(x, x.shape(at), at)) out.push_back(squeeze(part, at));
  return out;
}

Array flip(Array x, const Axes& axes) {
  const ReleaseOnReturn release(x);
  Axes flipped = normalize_axes(axes, x.ndim(), "flip");
  Starts starts(x.ndim(), 0), steps(x.ndim(), 1);
  for (size_t axis = 0; axis < x.ndim(); ++axis) {
    bool chosen = axes.empty() || std::find(flipped.begin(), flipped.end(),
                                            static_cast<int>(axis)) != flipped.end();
    if (!chosen || x.shape()[axis] == 0) continue;
    starts[axis] = x.shape()[axis] - 1;
    steps[axis] = -1;
  }
  return slice_view(x, starts, steps, x.shape());
}

Array roll(Array x, int64_t shift, int axis) {
  const ReleaseOnReturn release(x);
  auto at = static_cast<size_t>(normalize_axis(axis, x.ndim(), "roll"));
  int64_t size = x.shape()[at];
  if (size == 0) return x;
  // The lowest shift has no negative.
  int64_t moved = (shift % size + size) % size, cut = (size - moved) % size;
  if (cut == 0) return x;
  std::vector<Array> parts = split(x, {cut}, axis);
  return concatenate({parts[1], parts[0]}, axis);
}

Array roll(Array x, int64_t shift) {
  const ReleaseOnReturn release(x);
  return reshape(roll(flatten(x), shift, 0), x.shape());
}

}  // namespace lazulite
