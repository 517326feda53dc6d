#include "lazulite/ops/rounding.h"

#include <cmath>

#include "lazulite/core/release.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"

namespace lazulite {

Array round(Array x, int decimals) {
  const ReleaseOnReturn release(x);
  if (decimals == 0 || (decimals > 0 && !is_inexact(x.dtype()))) return round(x);
  double scale = std::pow(10.0, std::abs(decimals));
  Array result = decimals > 0 ? round(x * scale) / scale : round(x / scale) * scale;
  return astype(result, x.dtype());
}

}  // namespace lazulite
