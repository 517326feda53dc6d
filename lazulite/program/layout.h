#pragma once

#include "lazulite/core/dtype.h"
#include "lazulite/core/shape.h"

namespace lazulite {

/// How an intermediate result of a plan lies in memory. What users see is row-major or strided.
enum class Layout : uint8_t {
  row_major,
  /// Images (n, h, w, c) as [ceil(n / 16)][c][h][w][16]: sixteen images are the lanes of vectors.
  image_lanes,
};

inline constexpr int64_t lanes_of_image_lanes = 16;

/// Bytes that an array takes in a layout.
inline size_t layout_bytes(const Shape& shape, Dtype dtype, Layout layout) {
  int64_t count = element_count(shape);
  if (layout == Layout::image_lanes && count > 0) {
    int64_t groups = (shape[0] + lanes_of_image_lanes - 1) / lanes_of_image_lanes;
    count = count / shape[0] * groups * lanes_of_image_lanes;
  }
  return static_cast<size_t>(count) * size_of(dtype);
}

}  // namespace lazulite
