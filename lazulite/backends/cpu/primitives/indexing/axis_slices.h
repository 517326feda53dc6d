#pragma once

#include "lazulite/backends/cpu/primitives/indexing/runs.h"
#include "lazulite/program/launch.h"

namespace lazulite::cpu {

// The slices of a strided array along one axis: where slice `at` of outer index `o` starts, and how
// its elements lie. Offsets count elements.
class AxisSlices {
 public:
  AxisSlices(const Operand& x, int axis) : stride_(x.strides[static_cast<size_t>(axis)]) {
    const auto split = static_cast<size_t>(axis);
    outer_shape_ = Shape(x.shape.begin(), x.shape.begin() + split);
    outer_strides_ = Strides(x.strides.begin(), x.strides.begin() + split);
    inner_ = collapse(Shape(x.shape.begin() + split + 1, x.shape.end()),
                      {Strides(x.strides.begin() + split + 1, x.strides.end())});
  }

  int64_t stride() const { return stride_; }
  int64_t outer_offset(int64_t index) const {
    int64_t offset = 0;
    for (size_t i = outer_shape_.size(); i-- > 0;) {
      offset += index % outer_shape_[i] * outer_strides_[i];
      index /= outer_shape_[i];
    }
    return offset;
  }

  // Calls f(number of the first element, its offset, stride, count) for the runs of a slice's
  // elements, in row-major order.
  template <class F>
  void for_each_run(F f) const {
    cpu::for_each_run(inner_, f);
  }

 private:
  int64_t stride_;
  Shape outer_shape_;
  Strides outer_strides_;
  Layout inner_;
};

}  // namespace lazulite::cpu
