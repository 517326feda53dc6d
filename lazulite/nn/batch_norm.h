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
/// running variance is averaged over unbiased estimates. Half precision is computed in float32. The
/// running averages keep their shape and dtype, and an empty batch leaves them as they are. Throws
/// if epsilon is not positive or momentum not within [0, 1].
class BatchNorm : public Module {
 public:
  explicit BatchNorm(int64_t features, BatchNormOptions options = {});
  /// x: (…, features), real. Throws if a batch to be normalised by itself has one value a channel.
  Array operator()(Array x) const;

  Cell weight, bias;               ///< empty unless affine
  Cell running_mean, running_var;  ///< empty unless tracked

 private:
  Array normalised_by_batch(const Array& x) const;

  int64_t features_;
  BatchNormOptions options_;
};

}  // namespace lazulite::nn
