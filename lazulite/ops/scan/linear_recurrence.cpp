#include "lazulite/core/release.h"
#include "lazulite/ops/elementwise.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/primitives/scan.h"
#include "lazulite/ops/scan.h"

namespace lazulite {

Array linear_recurrence(Array a, Array b, int axis, bool reverse) {
  const ReleaseOnReturn release(a, b);
  Dtype dtype = result_type(a.dtype(), b.dtype());
  if (!is_inexact(dtype)) dtype = Dtype::float32;
  const Shape shape = broadcast_shapes(a.shape(), b.shape(), "linear_recurrence");
  const int at = normalize_axis(axis, shape.size(), "linear_recurrence");
  auto fitted = [&](const Array& x) { return broadcast_to(astype(x, dtype), shape); };
  return make(make_primitive(LinearRecurrence{at, reverse}), {fitted(a), fitted(b)});
}

}  // namespace lazulite
