#pragma once

#include <vector>

#include "lazulite/backends/cpu/fused/layout.h"
#include "lazulite/backends/cpu/primitives/indexing/indices.h"

namespace lazulite::cpu {

// Whether a launch's inputs from the second on are indices of these axes, which have elements if
// there are any.
bool has_points(const Launch& launch, const Axes& axes);

// The points of a strided array whose positions on some axes are given by arrays of indices, as
// GatherPoints says. What lies at a point has the array's other axes, of which some come before the
// points and some after them. Offsets count elements.
class Points {
 public:
  // Input 0 of the launch has the array's shape; the indices follow it.
  Points(const Launch& launch, const Axes& axes, int place, const Strides& strides,
         size_t* scratch_bytes);

  int64_t count() const { return count_; }
  int64_t before() const { return before_; }
  int64_t inner() const { return inner_; }
  // All offsets of points lie in [least_offset, end_offset).
  int64_t least_offset() const { return least_offset_; }
  int64_t end_offset() const { return end_offset_; }

  // Where each point lies, in the kernel's scratch.
  const int64_t* offsets(void* const* slots, const Scratch& scratch) const;
  // Where number i of the axes before lies.
  int64_t before_offset(int64_t i) const;
  // How the elements of the axes after lie.
  const Layout& after() const { return after_; }
  bool contiguous() const {
    return inner_ == 1 || (after_.shape.size() == 1 && after_.inputs[0][0] == 1);
  }

 private:
  std::vector<IndexReader> indices_;
  SmallVector<int64_t, 6> steps_;  // strides of the indexed axes
  Shape before_shape_;
  Strides before_strides_;
  Layout after_;
  int64_t count_ = 0, before_ = 1, inner_ = 1;
  int64_t least_offset_ = 0, end_offset_ = 1;
  size_t scratch_offset_ = 0;
};

}  // namespace lazulite::cpu
