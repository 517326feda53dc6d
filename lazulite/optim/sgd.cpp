#include "lazulite/optim/sgd.h"

#include "lazulite/nn/options.h"
#include "lazulite/ops/ops.h"

namespace lazulite::optim {
namespace {

SGDOptions checked(const SGDOptions& options) {
  check_share("SGD", "momentum", options.momentum);
  check_share("SGD", "dampening", options.dampening);
  check_not_negative("SGD", "weight_decay", options.weight_decay);
  if (options.nesterov && (options.momentum == 0 || options.dampening != 0)) {
    throw ValueError("SGD: nesterov needs a positive momentum and no dampening");
  }
  return options;
}

}  // namespace

SGD::SGD(Schedule learning_rate, SGDOptions options)
    : Optimizer(std::move(learning_rate)), options_(checked(options)) {}
SGD::SGD(double learning_rate, SGDOptions options)
    : Optimizer(learning_rate), options_(checked(options)) {}

Array SGD::apply_single(const Array& gradient, const Array& parameter, State& state) {
  Array g = gradient;
  Array rate = astype(learning_rate(), gradient.dtype());
  if (options_.weight_decay != 0) g = g + parameter * options_.weight_decay;
  if (options_.momentum == 0) return parameter - rate * g;
  Cell& velocity = state.cell("v", zeros_like(parameter));
  Array v = velocity.get() * options_.momentum + g * (1 - options_.dampening);
  velocity = v;
  return parameter - rate * (options_.nesterov ? g + v * options_.momentum : v);
}

}  // namespace lazulite::optim
