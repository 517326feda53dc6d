#include "lazulite/ops/bounds.h"

#include "lazulite/core/release.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/operators.h"

namespace lazulite {
Array clip(Array x, Array low, Array high) {
  const ReleaseOnReturn release(x, low, high);
  return minimum(maximum(x, low), high);
}

Array clip(Array x, const std::optional<Scalar>& low, const std::optional<Scalar>& high) {
  const ReleaseOnReturn release(x);
  for (const std::optional<Scalar>* bound : {&low, &high}) {
    if (*bound) (*bound)->expect_held_by((*bound)->dtype_beside(x.dtype()), "clip");
  }
  Array out = x;
  if (low) out = maximum(out, *low);
  if (high) out = minimum(out, *high);
  return out;
}

Array nan_to_num(Array x, double nan, std::optional<double> posinf, std::optional<double> neginf) {
  const ReleaseOnReturn release(x);
  if (!is_inexact(x.dtype())) return x;
  if (kind_of(x.dtype()) == DtypeKind::complex) {
    return nan_to_num(real(x), nan, posinf, neginf) +
           nan_to_num(imag(x), nan, posinf, neginf) * complex64(0, 1);
  }
  double limit = largest_finite(x.dtype());
  Array out = where(isnan(x), full_like(x, nan), x);
  out = where(isposinf(x), full_like(x, posinf.value_or(limit)), out);
  return where(isneginf(x), full_like(x, neginf.value_or(-limit)), out);
}

}  // namespace lazulite
