#include "lazulite/nn/batch_norm.h"

#include "lazulite/core/release.h"
#include "lazulite/ops/ops.h"

namespace lazulite::nn {

BatchNorm::BatchNorm(int64_t features, BatchNormOptions options) : options_(options) {
  if (options.affine) {
    parameter("weight", weight, ones({features}));
    parameter("bias", bias, zeros({features}));
  }
  if (options.track_running_stats) {
    buffer("running_mean", running_mean, zeros({features}));
    buffer("running_var", running_var, ones({features}));
  }
}

Array BatchNorm::operator()(Array x) {
  const ReleaseOnReturn release(x);
  Array centre, variance;
  if (training() || !options_.track_running_stats) {
    Axes axes;
    int64_t count = 1;
    for (int axis = 0; axis + 1 < static_cast<int>(x.ndim()); ++axis) {
      axes.push_back(axis);
      count *= x.shape(axis);
    }
    centre = mean(x, axes);
    variance = var(x, axes);
    if (training() && options_.track_running_stats) {
      double keep = 1 - options_.momentum;
      double unbiased = options_.momentum * double(count) / double(count > 1 ? count - 1 : 1);
      running_mean = running_mean.get() * keep + stop_gradient(centre) * options_.momentum;
      running_var = running_var.get() * keep + stop_gradient(variance) * unbiased;
    }
  } else {
    centre = running_mean;
    variance = running_var;
  }
  Array normal = (x - centre) * rsqrt(variance + options_.epsilon);
  return options_.affine ? normal * weight.get() + bias.get() : normal;
}

}  // namespace lazulite::nn
