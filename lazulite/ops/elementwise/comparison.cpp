#include "lazulite/ops/comparison.h"

#include "lazulite/core/release.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/reduction.h"

namespace lazulite {
namespace {

// |x - y|, of integers as the unsigned number that never wraps.
Array distance(const Array& x, const Array& y) {
  Dtype common = result_type(x.dtype(), y.dtype());
  if (!is_integer(common)) return abs(x - y);
  Array a = astype(x, common), b = astype(y, common);
  Array apart = where(a < b, b - a, a - b);
  switch (size_of(common)) {
    case 1: return astype(apart, Dtype::uint8);
    case 2: return astype(apart, Dtype::uint16);
    case 4: return astype(apart, Dtype::uint32);
    default: return astype(apart, Dtype::uint64);
  }
}

// The lowest integer has no absolute value of its dtype.
Array magnitude(const Array& x) {
  return abs(is_inexact(x.dtype()) ? x : astype(x, Dtype::float32));
}

}  // namespace

Array isclose(Array x, Array y, double rtol, double atol, bool equal_nan) {
  const ReleaseOnReturn release(x, y);
  Array near = distance(x, y) <= rtol * magnitude(y) + atol;
  // Infinities are close only to themselves, though their distance is NaN or their bound infinite.
  Array infinite = isinf(x) | isinf(y);
  Array out = (near & !infinite) | (infinite & (x == y));
  return equal_nan ? out | (isnan(x) & isnan(y)) : out;
}

Array allclose(Array x, Array y, double rtol, double atol, bool equal_nan) {
  const ReleaseOnReturn release(x, y);
  return all(isclose(x, y, rtol, atol, equal_nan));
}

Array array_equal(Array x, Array y, bool equal_nan) {
  const ReleaseOnReturn release(x, y);
  if (x.shape() != y.shape()) return Array(Scalar(false));
  Array same = x == y;
  if (equal_nan) same = same | (isnan(x) & isnan(y));
  return all(same);
}

}  // namespace lazulite
