// The methods of core/array.h that are operations.
#include "lazulite/ops/indexing.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/reduction.h"

namespace lazulite {

Array Array::operator[](const std::vector<Index>& indices) const { return index(*this, indices); }
Array Array::operator[](int64_t position) const { return index(*this, {position}); }

Array Array::astype(Dtype dtype) const { return lazulite::astype(*this, dtype); }
Array Array::reshape(const Shape& shape) const { return lazulite::reshape(*this, shape); }
Array Array::flatten(int start_axis, int end_axis) const {
  return lazulite::flatten(*this, start_axis, end_axis);
}
Array Array::transpose(const Axes& axes) const { return lazulite::transpose(*this, axes); }
Array Array::sum(const Axes& axes, bool keepdims) const {
  return lazulite::sum(*this, axes, keepdims);
}
Array Array::mean(const Axes& axes, bool keepdims) const {
  return lazulite::mean(*this, axes, keepdims);
}
Array Array::max(const Axes& axes, bool keepdims) const {
  return lazulite::max(*this, axes, keepdims);
}
Array Array::min(const Axes& axes, bool keepdims) const {
  return lazulite::min(*this, axes, keepdims);
}

}  // namespace lazulite
