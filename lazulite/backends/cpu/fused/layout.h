#pragma once

#include <vector>

#include "lazulite/core/shape.h"

namespace lazulite::cpu {

// The elements that a fused kernel sweeps over, as seen by its inputs: axes of size 1 are left out,
// and neighbouring axes are one where every input can step over both with one stride.
struct Layout {
  Shape shape;                  // at least one axis
  std::vector<Strides> inputs;  // for each input, along `shape`

  int64_t inner() const { return shape.back(); }
};

Layout collapse(const Shape& shape, const std::vector<Strides>& inputs);

// The same with the last axis, whose size is a multiple of `inner`, cut into pieces of `inner`.
Layout split_inner(Layout layout, int64_t inner);

}  // namespace lazulite::cpu
