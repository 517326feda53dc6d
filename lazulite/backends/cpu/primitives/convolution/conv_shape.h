#pragma once

#include <algorithm>
#include <array>

#include "lazulite/ops/primitives/convolution.h"

namespace lazulite::cpu {

// A convolution over up to three spatial axes, the missing ones in front being of size 1.
struct ConvSizes {
  using Extents = std::array<int64_t, 3>;
  int64_t n = 1;
  int64_t groups = 1;
  int64_t c_in = 1;   // of one group
  int64_t c_out = 1;  // of one group
  Extents in = {1, 1, 1};
  Extents out = {1, 1, 1};
  Extents kernel = {1, 1, 1};
  Extents stride = {1, 1, 1};
  Extents padding = {0, 0, 0};
  Extents dilation = {1, 1, 1};

  ConvSizes(const ConvGeometry& geometry, const Shape& x, const Shape& w, const Shape& y)
      : n(x.front()), groups(geometry.groups), c_in(w.back()), c_out(w.front() / geometry.groups) {
    const size_t axes = geometry.stride.size();
    for (size_t i = 0; i < axes; ++i) {
      const size_t to = 3 - axes + i;
      in[to] = x[1 + i];
      out[to] = y[1 + i];
      kernel[to] = w[1 + i];
      stride[to] = geometry.stride[i];
      padding[to] = geometry.padding[i];
      dilation[to] = geometry.dilation[i];
    }
  }

  static int64_t volume(const Extents& extents) { return extents[0] * extents[1] * extents[2]; }
  // Channels of the input's and the output's pixels.
  int64_t in_channels() const { return groups * c_in; }
  int64_t out_channels() const { return groups * c_out; }
  double multiplications() const {
    return static_cast<double>(n * volume(out)) * static_cast<double>(out_channels() * c_in) *
           static_cast<double>(volume(kernel));
  }

  static Extents place(const Extents& extents, int64_t index) {
    return {index / (extents[1] * extents[2]), index / extents[2] % extents[1], index % extents[2]};
  }

  // The pixel of an image that meets element `tap` of the kernel for a pixel of the output; -1
  // where that is padding.
  int64_t input_pixel(const Extents& at, const Extents& tap) const {
    int64_t pixel = 0;
    for (size_t i = 0; i < 3; ++i) {
      const int64_t place = at[i] * stride[i] - padding[i] + tap[i] * dilation[i];
      if (place < 0 || place >= in[i]) return -1;
      pixel = pixel * in[i] + place;
    }
    return pixel;
  }

  // The pixel of the output for which element `tap` of the kernel meets a pixel of the input; -1
  // where there is none.
  int64_t output_pixel(const Extents& at, const Extents& tap) const {
    int64_t pixel = 0;
    for (size_t i = 0; i < 3; ++i) {
      const int64_t shifted = at[i] + padding[i] - tap[i] * dilation[i];
      if (shifted < 0 || shifted % stride[i] != 0 || shifted / stride[i] >= out[i]) return -1;
      pixel = pixel * out[i] + shifted / stride[i];
    }
    return pixel;
  }
};

}  // namespace lazulite::cpu
