#include "lazulite/ops/comparison.h"

#include "lazulite/core/release.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/reduction.h"

namespace lazulite {

Array isclose(Array x, Array y, double rtol, double atol, bool equal_nan) {
  const ReleaseOnReturn release(x, y);
  Array near = abs(x - y) <= rtol * abs(y) + atol;
  // Infinities are close only to themselves, though their distance is NaN or their bound infinite.
  Array infinite = isinf(x) | isinf(y);
  Array out = (near & !infinite) | (infinite & (x == y));
  return equal_nan ? out | (isnan(x) & isnan(y)) : out;
}

Array allclose(Array x, Array y, double rtol, double atol, bool equal_nan) {
  return all(isclose(std::move(x), std::move(y), rtol, atol, equal_nan));
}

Array array_equal(Array x, Array y, bool equal_nan) {
  const ReleaseOnReturn release(x, y);
  if (x.shape() != y.shape()) return Array(Scalar(false));
  Array same = x == y;
  if (equal_nan) same = same | (isnan(x) & isnan(y));
  return all(same);
}

}  // namespace lazulite
