#pragma once

#include "lazulite/nn/module.h"

namespace lazulite::nn {

struct BatchNormOptions {
  double epsilon = 1e-5;
  double momentum = 0.1;
  bool affine = true;
  bool track_running_stats = true;
};

/// Normalises the last axis by the mean and variance over all others: those of the batch in
/// training, running averages in evaluation. Ioffe and Szegedy, "Batch normalization", 2015. The
/// running variance is averaged over unbiased estimates.
class BatchNorm : public Module {
 public:
  explicit BatchNorm(int64_t features, BatchNormOptions options = {});
  Array operator()(Array x);

  Cell weight, bias;               ///< empty unless affine
  Cell running_mean, running_var;  ///< empty unless tracked

 private:
  BatchNormOptions options_;
};

}  // namespace lazulite::nn
