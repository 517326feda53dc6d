#pragma once

#include "lazulite/backends/cpu/fused/layout.h"
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
    const Shape& shape = inner_.shape;
    const Strides& strides = inner_.inputs[0];
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

 private:
  int64_t stride_;
  Shape outer_shape_;
  Strides outer_strides_;
  Layout inner_;
};

}  // namespace lazulite::cpu
