#include "lazulite/backends/cpu/fused/layout.h"

namespace lazulite::cpu {
namespace {

// Whether all inputs step over axis `outer` and its neighbour as over one axis.
bool mergeable(const std::vector<Strides>& inputs, size_t outer, size_t inner, int64_t inner_size) {
  for (const Strides& strides : inputs) {
    if (strides[outer] != strides[inner] * inner_size) return false;
  }
  return true;
}

}  // namespace

Layout collapse(const Shape& shape, const std::vector<Strides>& inputs) {
  Layout layout;
  layout.inputs.resize(inputs.size());
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] == 1) continue;
    const size_t last = layout.shape.size();
    for (size_t k = 0; k < inputs.size(); ++k) layout.inputs[k].push_back(inputs[k][axis]);
    layout.shape.push_back(shape[axis]);
    if (last == 0 || !mergeable(layout.inputs, last - 1, last, shape[axis])) continue;
    layout.shape.pop_back();
    layout.shape.back() *= shape[axis];
    for (Strides& strides : layout.inputs) {
      const int64_t stride = strides.back();
      strides.pop_back();
      strides.back() = stride;
    }
  }
  if (layout.shape.empty()) {
    layout.shape.push_back(1);
    for (Strides& strides : layout.inputs) strides.push_back(1);
  }
  return layout;
}

Layout split_inner(Layout layout, int64_t inner) {
  const int64_t size = layout.inner();
  if (size == inner) return layout;
  layout.shape.back() = size / inner;
  layout.shape.push_back(inner);
  for (Strides& strides : layout.inputs) {
    const int64_t stride = strides.back();
    strides.back() = stride * inner;
    strides.push_back(stride);
  }
  return layout;
}

}  // namespace lazulite::cpu
