#pragma once

#include "lazulite/backends/cpu/fused/layout.h"

namespace lazulite::cpu {

// Calls f(number of the first element, its offset, stride, count) for the runs of a collapsed
// layout's elements, in row-major order. Offsets count elements.
template <class F>
void for_each_run(const Layout& layout, F f) {
  const Shape& shape = layout.shape;
  const Strides& strides = layout.inputs[0];
  const size_t last = shape.size() - 1;
  SmallVector<int64_t, 6> index(shape.size(), 0);
  int64_t offset = 0, element = 0;
  while (true) {
    f(element, offset, strides[last], shape[last]);
    element += shape[last];
    size_t axis = last;
    while (axis > 0) {
      --axis;
      offset += strides[axis];
      if (++index[axis] < shape[axis]) break;
      offset -= strides[axis] * shape[axis];
      index[axis] = 0;
      if (axis == 0) return;
    }
    if (last == 0) return;
  }
}

}  // namespace lazulite::cpu
