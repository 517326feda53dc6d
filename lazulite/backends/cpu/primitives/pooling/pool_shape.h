#pragma once

#include <algorithm>
#include <array>

#include "lazulite/ops/primitives/pooling.h"

namespace lazulite::cpu {

// A pooling over up to three spatial axes, the missing ones in front being of size 1.
struct PoolShape {
  int64_t n = 1;
  int64_t channels = 1;
  std::array<int64_t, 3> in = {1, 1, 1};
  std::array<int64_t, 3> out = {1, 1, 1};
  std::array<int64_t, 3> window = {1, 1, 1};
  std::array<int64_t, 3> stride = {1, 1, 1};
  std::array<int64_t, 3> padding = {0, 0, 0};

  // x is the pooled array's shape, y the pooling's.
  PoolShape(const PoolGeometry& geometry, const Shape& x, const Shape& y) {
    n = x.front();
    channels = x.back();
    const size_t axes = geometry.window.size();
    for (size_t i = 0; i < axes; ++i) {
      const size_t to = 3 - axes + i;
      in[to] = x[1 + i];
      out[to] = y[1 + i];
      window[to] = geometry.window[i];
      stride[to] = geometry.stride[i];
      padding[to] = geometry.padding[i];
    }
  }

  int64_t window_size() const { return window[0] * window[1] * window[2]; }
  // How many of its elements may lie inside.
  int64_t most_taps() const {
    int64_t count = 1;
    for (size_t i = 0; i < 3; ++i) count *= std::min(window[i], std::max(in[i], out[i]));
    return count;
  }
};

// One element of a window: where it lies (in pixels of an image) and its number in the window.
struct Tap {
  int64_t pixel;
  int64_t place;
};

// The elements of the input that the window of an output pixel covers, in row-major order. Returns
// their number; `taps` has room for `most_taps`.
inline int64_t taps_of_output(const PoolShape& s, const std::array<int64_t, 3>& at, Tap* taps) {
  std::array<int64_t, 3> start, first, last;
  for (size_t i = 0; i < 3; ++i) {
    start[i] = at[i] * s.stride[i] - s.padding[i];
    first[i] = std::max<int64_t>(-start[i], 0);
    last[i] = std::min(s.window[i], s.in[i] - start[i]);
  }
  int64_t count = 0;
  for (int64_t a = first[0]; a < last[0]; ++a) {
    for (int64_t b = first[1]; b < last[1]; ++b) {
      const int64_t row = ((start[0] + a) * s.in[1] + start[1] + b) * s.in[2] + start[2];
      for (int64_t c = first[2]; c < last[2]; ++c) {
        taps[count++] = {row + c, (a * s.window[1] + b) * s.window[2] + c};
      }
    }
  }
  return count;
}

// The pixels of the output whose windows cover an input pixel, in row-major order, and which
// element of their window it is.
inline int64_t taps_of_input(const PoolShape& s, const std::array<int64_t, 3>& at, Tap* taps) {
  std::array<int64_t, 3> first, last;
  for (size_t i = 0; i < 3; ++i) {
    const int64_t shifted = at[i] + s.padding[i];
    const int64_t before = shifted - s.window[i];
    first[i] = before < 0 ? 0 : before / s.stride[i] + 1;
    last[i] = std::min(s.out[i], shifted / s.stride[i] + 1);
  }
  int64_t count = 0;
  for (int64_t a = first[0]; a < last[0]; ++a) {
    const int64_t place_a = at[0] + s.padding[0] - a * s.stride[0];
    for (int64_t b = first[1]; b < last[1]; ++b) {
      const int64_t place_b = at[1] + s.padding[1] - b * s.stride[1];
      for (int64_t c = first[2]; c < last[2]; ++c) {
        const int64_t place_c = at[2] + s.padding[2] - c * s.stride[2];
        taps[count++] = {(a * s.out[1] + b) * s.out[2] + c,
                         (place_a * s.window[1] + place_b) * s.window[2] + place_c};
      }
    }
  }
  return count;
}

}  // namespace lazulite::cpu
