#include "lazulite/ops/reduction/last_axis.h"

#include <algorithm>

#include "lazulite/ops/manipulation.h"

namespace lazulite {

LastAxis::LastAxis(const Array& x, const Axes& axes) {
  for (int axis = 0; axis < static_cast<int>(x.ndim()); ++axis) {
    if (std::find(axes.begin(), axes.end(), axis) == axes.end()) order_.push_back(axis);
  }
  int kept = static_cast<int>(order_.size());
  for (int axis : axes) order_.push_back(axis);
  Array moved = transpose(x, order_);
  transposed_ = moved.shape();
  array_ = flatten(moved, kept, -1);
}

Array LastAxis::restore(const Array& result) const {
  Axes back(order_.size(), 0);
  for (size_t i = 0; i < order_.size(); ++i) {
    back[static_cast<size_t>(order_[i])] = static_cast<int>(i);
  }
  return transpose(reshape(result, transposed_), back);
}

}  // namespace lazulite
