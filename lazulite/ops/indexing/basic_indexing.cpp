// NumPy's basic indexing: numbers, slices, the ellipsis and new axes.
#include <fmt/format.h>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/indexing.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/manipulation/slice_range.h"

namespace lazulite {
namespace {

// The indices with the ellipsis written out and one entry for each axis of `x`, and new axes.
std::vector<Index> spell_out(const Array& x, const std::vector<Index>& indices) {
  size_t used = 0, ellipses = 0;
  for (const Index& index : indices) {
    if (std::holds_alternative<Ellipsis>(index)) {
      ++ellipses;
    } else if (!std::holds_alternative<NewAxis>(index)) {
      ++used;
    }
  }
  if (ellipses > 1) throw Error("index: only one ellipsis is possible");
  if (used > x.ndim()) {
    throw Error(fmt::format("index: {} indices are too many for an array of shape {}", used,
                            to_string(x.shape())));
  }
  std::vector<Index> out;
  for (const Index& index : indices) {
    if (std::holds_alternative<Ellipsis>(index)) {
      out.insert(out.end(), x.ndim() - used, Slice{});
    } else {
      out.push_back(index);
    }
  }
  if (ellipses == 0) out.insert(out.end(), x.ndim() - used, Slice{});
  return out;
}

}  // namespace

Array index(Array x, const std::vector<Index>& indices) {
  const ReleaseOnReturn release(x);
  Starts starts, steps;
  Shape sliced, shape;
  for (const Index& index : spell_out(x, indices)) {
    if (std::holds_alternative<NewAxis>(index)) {
      shape.push_back(1);
      continue;
    }
    size_t axis = sliced.size();
    int64_t size = x.shape()[axis];
    if (const Slice* slice = std::get_if<Slice>(&index)) {
      SliceRange range = slice_range(*slice, size, "index");
      starts.push_back(range.start);
      steps.push_back(range.step);
      sliced.push_back(range.count);
      shape.push_back(range.count);
    } else {
      int64_t position = std::get<int64_t>(index);
      if (position < -size || position >= size) {
        throw Error(fmt::format("index: {} is out of range for axis {} of shape {}", position, axis,
                                to_string(x.shape())));
      }
      starts.push_back(position < 0 ? position + size : position);
      steps.push_back(1);
      sliced.push_back(1);
    }
  }
  return reshape(slice_view(x, starts, steps, sliced), shape);
}

}  // namespace lazulite
