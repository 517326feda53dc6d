#include "lazulite/nn/dropout.h"

#include <fmt/format.h>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/ops.h"

namespace lazulite::nn {

Dropout::Dropout(double probability) : probability_(probability) {
  if (!(probability >= 0 && probability < 1)) {
    throw Error(fmt::format("Dropout: the probability must lie in [0, 1), not be {}", probability));
  }
}

Array Dropout::operator()(Array x) const {
  const ReleaseOnReturn release(x);
  if (!training() || probability_ == 0) return x;
  double keep = 1 - probability_;
  return where(random::bernoulli(keep, x.shape()), x * (1 / keep), zeros_like(x));
}

}  // namespace lazulite::nn
