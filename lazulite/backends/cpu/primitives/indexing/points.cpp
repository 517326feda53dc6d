#include "lazulite/backends/cpu/primitives/indexing/points.h"

#include <algorithm>

#include "lazulite/backends/cpu/parallel.h"
#include "lazulite/ops/primitives/indexing.h"

namespace lazulite::cpu {

bool has_points(const Launch& launch, const Axes& axes) {
  for (size_t i = 0; i < axes.size(); ++i) {
    const Operand& indices = launch.inputs[i + 1];
    if (!is_integer(indices.dtype)) return false;
    if (launch.inputs[0].shape[static_cast<size_t>(axes[i])] == 0 && indices.size() > 0) {
      return false;
    }
  }
  return true;
}

Points::Points(const Launch& launch, const Axes& axes, int place, const Strides& strides,
               size_t* scratch_bytes)
    : count_(launch.inputs[1].size()) {
  const Shape& shape = launch.inputs[0].shape;
  for (size_t i = 0; i < axes.size(); ++i) {
    const auto axis = static_cast<size_t>(axes[i]);
    indices_.emplace_back(launch.inputs[i + 1], shape[axis], scratch_bytes);
    steps_.push_back(strides[axis]);
    const int64_t extent = (shape[axis] - 1) * strides[axis];
    (extent < 0 ? least_offset_ : end_offset_) += extent;
  }
  const Axes others = other_axes(shape.size(), axes);
  Shape after_shape;
  Strides after_strides;
  for (size_t i = 0; i < others.size(); ++i) {
    const auto axis = static_cast<size_t>(others[i]);
    const bool is_before = i < static_cast<size_t>(place);
    (is_before ? before_shape_ : after_shape).push_back(shape[axis]);
    (is_before ? before_strides_ : after_strides).push_back(strides[axis]);
    (is_before ? before_ : inner_) *= shape[axis];
  }
  after_ = collapse(after_shape, {after_strides});
  scratch_offset_ = reserve_scratch(static_cast<size_t>(count_) * sizeof(int64_t), scratch_bytes);
}

const int64_t* Points::offsets(void* const* slots, const Scratch& scratch) const {
  int64_t* offsets = scratch.at<int64_t>(scratch_offset_);
  SmallVector<const std::byte*, 6> indices;
  for (const IndexReader& reader : indices_) indices.push_back(reader.get(slots, scratch));
  parallel_for(count_, 32768, [&](int64_t begin, int64_t end, int) {
    constexpr int64_t at_once = 512;
    int64_t positions[at_once];
    for (; begin < end; begin += at_once) {
      const int64_t count = std::min(at_once, end - begin);
      int64_t* to = offsets + begin;
      std::fill_n(to, count, 0);
      for (size_t i = 0; i < indices_.size(); ++i) {
        indices_[i].read(indices[i], begin, count, positions);
        const int64_t step = steps_[i];
        for (int64_t j = 0; j < count; ++j) to[j] += positions[j] * step;
      }
    }
  });
  return offsets;
}

int64_t Points::before_offset(int64_t i) const {
  int64_t offset = 0;
  for (size_t axis = before_shape_.size(); axis-- > 0;) {
    offset += i % before_shape_[axis] * before_strides_[axis];
    i /= before_shape_[axis];
  }
  return offset;
}

}  // namespace lazulite::cpu
