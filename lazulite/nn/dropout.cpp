#include "lazulite/nn/dropout.h"

#include "lazulite/core/release.h"
#include "lazulite/nn/options.h"
#include "lazulite/ops/ops.h"

namespace lazulite::nn {

Dropout::Dropout(double probability) : probability_(probability) {
  check_option(probability >= 0 && probability < 1, "Dropout", "the probability", probability,
               "within [0, 1)");
}

Array Dropout::operator()(Array x) const {
  const OperationScope scope("Dropout");
  expect_array("Dropout", x);
  const ReleaseOnReturn release(x);
  if (!training() || probability_ == 0) return x;
  double keep = 1 - probability_;
  return where(random::bernoulli(keep, x.shape()), x / keep, zeros_like(x));
}

}  // namespace lazulite::nn
