#pragma once

#include "lazulite/core/shape.h"

namespace lazulite::reference {

/// Slides a window over x: (n, spatial…, c) and calls f(output pixel, place in the window, input
/// pixel) wherever it does not lie on padding; pixels are numbered without their channels.
template <class F>
void for_each_window(const Shape& x, const Shape& y, const Shape& window,
                     const SmallVector<int, 3>& stride, const SmallVector<int, 3>& padding,
                     const SmallVector<int, 3>& dilation, F&& f) {
  Shape pixels(y.begin(), y.end() - 1);
  for (int64_t pixel = 0; pixel < element_count(pixels); ++pixel) {
    for (int64_t place = 0; place < element_count(window); ++place) {
      int64_t input = 0, scale = 1, rest = pixel, inside = place;
      bool valid = true;
      for (size_t axis = window.size(); axis-- > 0;) {
        int64_t at = rest % y[axis + 1] * stride[axis] - padding[axis] +
                     inside % window[axis] * dilation[axis];
        valid &= at >= 0 && at < x[axis + 1];
        input += at * scale;
        scale *= x[axis + 1];
        rest /= y[axis + 1];
        inside /= window[axis];
      }
      if (valid) f(pixel, place, rest * scale + input);  // `rest` is now the image's number
    }
  }
}

}  // namespace lazulite::reference
