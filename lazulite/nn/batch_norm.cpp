#include "lazulite/nn/batch_norm.h"

#include "lazulite/core/release.h"
#include "lazulite/nn/options.h"
#include "lazulite/ops/ops.h"

namespace lazulite::nn {
namespace {

// Half precision and integers are too narrow for sums and squares.
Array widened(const Array& x) {
  return is_half(x.dtype()) || !is_inexact(x.dtype()) ? astype(x, Dtype::float32) : x;
}

/// An array without its mean over all axes but the last.
struct Centred {
  Array deviation, mean, variance;

  // A mean that was rounded is taken off first, and what is left of it afterwards: then equal
  // values deviate by nothing, however large they are.
  Centred(const Array& x, const Axes& axes, int64_t count) {
    auto average = [&](const Array& values) { return sum(values, axes) / double(count); };
    Array rough = stop_gradient(average(x));
    Array rest = x - rough;
    Array correction = average(rest);
    deviation = rest - correction;
    mean = rough + correction;
    variance = average(square(deviation));
  }
};

void follow(Cell average, const Array& value, double momentum) {
  Array before = average.get();
  // What has no share in the average does not spoil it with a NaN.
  if (momentum == 0) return;
  if (momentum == 1) {
    average = astype(stop_gradient(value), before.dtype());
    return;
  }
  average = before * (1 - momentum) + astype(stop_gradient(value), before.dtype()) * momentum;
}

}  // namespace

BatchNorm::BatchNorm(int64_t features, BatchNormOptions options)
    : features_(features), options_(options) {
  check_at_least(1, "BatchNorm", "the number of features", features);
  check_positive("BatchNorm", "epsilon", options.epsilon);
  check_share("BatchNorm", "momentum", options.momentum);
  if (options.affine) {
    parameter("weight", weight, ones({features}));
    parameter("bias", bias, zeros({features}));
  }
  if (options.track_running_stats) {
    buffer("running_mean", running_mean, zeros({features}));
    buffer("running_var", running_var, ones({features}));
  }
}

Array BatchNorm::operator()(Array x) const {
  const OperationScope scope("BatchNorm");
  expect_array("BatchNorm", x);
  const ReleaseOnReturn release(x);
  if (x.ndim() == 0 || x.shape(-1) != features_ || kind_of(x.dtype()) == DtypeKind::complex) {
    throw Error(
        fmt::format("BatchNorm: real numbers with a last axis of {} are needed, not {} of "
                    "shape {}",
                    features_, name_of(x.dtype()), to_string(x.shape())));
  }
  bool averaged = !training() && options_.track_running_stats;
  Array normal;
  Dtype dtype = is_inexact(x.dtype()) ? x.dtype() : Dtype::float32;
  if (averaged) {
    Array centre = running_mean, variance = running_var;
    dtype = result_type(dtype, result_type(centre.dtype(), variance.dtype()));
    normal = (widened(x) - widened(centre)) * rsqrt(widened(variance) + options_.epsilon);
  } else {
    normal = normalised_by_batch(widened(x));
  }
  if (options_.affine) {
    dtype = result_type(dtype, weight.get().dtype());
    normal = normal * weight.get() + bias.get();
  }
  return astype(normal, dtype);
}

Array BatchNorm::normalised_by_batch(const Array& x) const {
  const int64_t count = x.size() / features_;
  if (count == 0) return x;
  if (count == 1 && training()) {
    throw ValueError(
        fmt::format("BatchNorm: an array of shape {} has one value a channel, whose "
                    "variance is unknown; training needs more",
                    to_string(x.shape())));
  }
  Axes axes;
  for (int axis = 0; axis + 1 < static_cast<int>(x.ndim()); ++axis) axes.push_back(axis);
  Centred centred(x, axes, count);
  if (training() && options_.track_running_stats) {
    follow(running_mean, centred.mean, options_.momentum);
    follow(running_var, centred.variance * (double(count) / double(count - 1)), options_.momentum);
  }
  return centred.deviation * rsqrt(centred.variance + options_.epsilon);
}

}  // namespace lazulite::nn
