#include "lazulite/nn/init.h"

#include <cmath>

#include "lazulite/nn/options.h"
#include "lazulite/ops/ops.h"

namespace lazulite::nn::init {

Array constant(const Shape& shape, double value, Dtype dtype) { return full(shape, value, dtype); }

Array uniform(const Shape& shape, double low, double high, Dtype dtype) {
  check_option(std::isfinite(low) && std::isfinite(high) && low <= high, "init::uniform",
               "the range", fmt::format("[{}, {})", low, high), "finite and in order");
  return astype(random::uniform(low, high, shape), dtype);
}

Array normal(const Shape& shape, double mean, double deviation, Dtype dtype) {
  check_option(std::isfinite(mean), "init::normal", "the mean", mean, "finite");
  check_not_negative("init::normal", "the deviation", deviation);
  return astype(random::normal(shape) * deviation + mean, dtype);
}

Fans fans(const Shape& weights) {
  if (weights.size() < 2) {
    throw Error(fmt::format("init: fans need weights of at least 2 dimensions, not of shape {}",
                            to_string(weights)));
  }
  if (element_count(weights) == 0) {
    throw Error(fmt::format("init: weights of shape {} connect nothing", to_string(weights)));
  }
  double field = 1;
  for (size_t axis = 1; axis + 1 < weights.size(); ++axis) field *= double(weights[axis]);
  return {field * double(weights.back()), field * double(weights.front())};
}

Array glorot_uniform(const Shape& shape, double gain, Dtype dtype) {
  check_not_negative("init::glorot_uniform", "gain", gain);
  Fans f = fans(shape);
  double limit = gain * std::sqrt(6.0 / (f.in + f.out));
  return uniform(shape, -limit, limit, dtype);
}

Array glorot_normal(const Shape& shape, double gain, Dtype dtype) {
  check_not_negative("init::glorot_normal", "gain", gain);
  Fans f = fans(shape);
  return normal(shape, 0, gain * std::sqrt(2.0 / (f.in + f.out)), dtype);
}

Array he_uniform(const Shape& shape, double gain, Dtype dtype) {
  check_not_negative("init::he_uniform", "gain", gain);
  double limit = gain * std::sqrt(3.0 / fans(shape).in);
  return uniform(shape, -limit, limit, dtype);
}

Array he_normal(const Shape& shape, double gain, Dtype dtype) {
  check_not_negative("init::he_normal", "gain", gain);
  return normal(shape, 0, gain / std::sqrt(fans(shape).in), dtype);
}

Array fan_in_uniform(const Shape& shape, const Shape& weights, Dtype dtype) {
  double limit = 1.0 / std::sqrt(fans(weights).in);
  return uniform(shape, -limit, limit, dtype);
}

}  // namespace lazulite::nn::init
