#include "lazulite/optim/adam.h"

#include "lazulite/nn/options.h"
#include "lazulite/ops/ops.h"

namespace lazulite::optim {
namespace {

AdamOptions checked(const AdamOptions& options) {
  auto check_beta = [](const char* name, double beta) {
    check_option(beta >= 0 && beta < 1, "Adam", name, beta, "within [0, 1)");
  };
  check_beta("beta1", options.beta1);
  check_beta("beta2", options.beta2);
  check_not_negative("Adam", "epsilon", options.epsilon);
  return options;
}

double checked_decay(double weight_decay) {
  check_not_negative("AdamW", "weight_decay", weight_decay);
  return weight_decay;
}

}  // namespace

Adam::Adam(Schedule learning_rate, AdamOptions options)
    : Optimizer(std::move(learning_rate)), options_(checked(options)) {}
Adam::Adam(double learning_rate, AdamOptions options)
    : Optimizer(learning_rate), options_(checked(options)) {}

Array Adam::apply_single(const Array& gradient, const Array& parameter, State& state) {
  auto [beta1, beta2, epsilon, bias_correction] = options_;
  Cell& mean = state.cell("m", zeros_like(parameter));
  Cell& uncentred = state.cell("v", zeros_like(parameter));
  Array m = mean.get() * beta1 + gradient * (1 - beta1);
  Array v = uncentred.get() * beta2 + square(gradient) * (1 - beta2);
  mean = m;
  uncentred = v;
  Array rate = astype(learning_rate(), gradient.dtype());
  if (!bias_correction) return parameter - rate * m / (sqrt(v) + epsilon);
  // In float32 1 - beta ** step has four digits at first: too few for a float64.
  const bool wide = gradient.dtype() == Dtype::float64;
  Array count = astype(step(), wide ? Dtype::float64 : Dtype::float32);
  Array rate1 = rate / astype(1 - power(beta1, count), gradient.dtype());
  Array scale2 = astype(rsqrt(1 - power(beta2, count)), gradient.dtype());
  return parameter - rate1 * m / (sqrt(v) * scale2 + epsilon);
}

AdamW::AdamW(Schedule learning_rate, double weight_decay, AdamOptions options)
    : Adam(std::move(learning_rate), options), weight_decay_(checked_decay(weight_decay)) {}
AdamW::AdamW(double learning_rate, double weight_decay, AdamOptions options)
    : Adam(learning_rate, options), weight_decay_(checked_decay(weight_decay)) {}

Array AdamW::apply_single(const Array& gradient, const Array& parameter, State& state) {
  Array shrunk = parameter * (1 - astype(learning_rate(), parameter.dtype()) * weight_decay_);
  return Adam::apply_single(gradient, shrunk, state);
}

}  // namespace lazulite::optim
