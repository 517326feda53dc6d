#include "lazulite/ops/comparison.h"

#include "lazulite/ops/operators.h"
#include "lazulite/ops/reduction.h"

namespace lazulite {

Array isclose(const Array& x, const Array& y, double rtol, double atol, bool equal_nan) {
  Array near = abs(x - y) <= rtol * abs(y) + atol;
  // Infinities are close only to themselves, though their distance is NaN or their bound infinite.
  Array infinite = isinf(x) | isinf(y);
  Array out = (near & !infinite) | (infinite & (x == y));
  return equal_nan ? out | (isnan(x) & isnan(y)) : out;
}

Array allclose(const Array& x, const Array& y, double rtol, double atol, bool equal_nan) {
  return all(isclose(x, y, rtol, atol, equal_nan));
}

Array array_equal(const Array& x, const Array& y, bool equal_nan) {
  if (x.shape() != y.shape()) return Array(Scalar(false));
  Array same = x == y;
  if (equal_nan) same = same | (isnan(x) & isnan(y));
  return all(same);
}

}  // namespace lazulite
