#pragma once

#include "lazulite/ops/creation.h"
#include "lazulite/ops/indexing.h"
#include "lazulite/ops/indexing/positions.h"
#include "lazulite/ops/manipulation.h"

// Matrices along the leading axes of arrays, which indices choose. Internal.
namespace lazulite {

/// All matrices along one axis.
inline Array listed(const Array& x) {
  return x.ndim() > 2 ? flatten(x, 0, -3) : expand_dims(x, {0});
}

inline Shape leading(const Array& x) { return Shape(x.shape().begin(), x.shape().end() - 2); }

/// The numbers of all matrices of `x` along its leading axes.
inline Array numbered(const Array& x) {
  const Shape shape = leading(x);
  return reshape(arange(element_count(shape), Dtype::int32), shape);
}

/// Counted from the front and in range, which kernels rely on.
inline Array checked(const Array& indices, const Array& x, IndexUse use) {
  const int64_t count = element_count(leading(x));
  return take(arange(count, Dtype::int32), checked_positions(indices, count, use), 0);
}

}  // namespace lazulite
