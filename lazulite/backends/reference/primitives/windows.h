#pragma once

#include "lazulite/backends/reference/run.h"

namespace lazulite::reference {

// Slides a window over x: (n, spatial…, c) and calls f(output pixel, place in the window, input
// pixel) wherever it does not lie on padding; pixels are numbered without their channels.
template <class F>
void for_each_window(const Shape& x, const Shape& y, const Shape& window,
                     const SmallVector<int, 3>& stride, const SmallVector<int, 3>& padding,
                     const SmallVector<int, 3>& dilation, F&& f) {
  int64_t pixels = element_count(std::span(y.begin(), y.end() - 1)), places = element_count(window);
  for (int64_t i = 0; i < pixels * places; ++i) {
    int64_t input = 0, scale = 1, image = i / places, place = i % places;
    bool valid = true;
    for (size_t axis = window.size(); axis-- > 0;) {
      int64_t at = image % y[axis + 1] * stride[axis] - padding[axis] +
                   place % window[axis] * dilation[axis];
      valid &= at >= 0 && at < x[axis + 1];
      input += at * scale;
      scale *= x[axis + 1];
      image /= y[axis + 1];
      place /= window[axis];
    }
    if (valid) f(i / places, i % places, image * scale + input);
  }
}

}  // namespace lazulite::reference
