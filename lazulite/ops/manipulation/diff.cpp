#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/elementwise.h"
#include "lazulite/ops/manipulation.h"

namespace lazulite {

Array diff(Array x, int n, int axis) {
  const ReleaseOnReturn release(x);
  if (n < 0) throw ValueError("diff: n must not be negative, and is " + std::to_string(n));
  auto at = static_cast<size_t>(normalize_axis(axis, x.ndim(), "diff"));
  Array out = x;
  for (int i = 0; i < n && out.shape()[at] > 0; ++i) {
    Positions first(out.ndim(), 0), last(out.shape()), next = first, before = last;
    ++next[at], --before[at];
    Array later = slice(out, next, last), earlier = slice(out, first, before);
    out = x.dtype() == Dtype::bool_ ? not_equal(later, earlier) : subtract(later, earlier);
  }
  return out;
}

}  // namespace lazulite
