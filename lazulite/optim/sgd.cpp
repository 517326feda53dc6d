#include "lazulite/optim/sgd.h"

#include "lazulite/core/errors.h"
#include "lazulite/ops/ops.h"

namespace lazulite::optim {

SGD::SGD(Schedule learning_rate, SGDOptions options)
    : Optimizer(std::move(learning_rate)), options_(options) {
  if (options.nesterov && (options.momentum <= 0 || options.dampening != 0)) {
    throw Error("SGD: nesterov needs a positive momentum and no dampening");
  }
}

Array SGD::apply_single(const Array& gradient, const Array& parameter, State& state) {
  Array g = gradient;
  Array rate = astype(learning_rate(), gradient.dtype());
  if (options_.weight_decay != 0) g = g + parameter * options_.weight_decay;
  if (options_.momentum <= 0) return parameter - rate * g;
  Cell& velocity = state.cell("v", zeros_like(gradient));
  Array v = velocity.get() * options_.momentum + g * (1 - options_.dampening);
  velocity = v;
  return parameter - rate * (options_.nesterov ? g + v * options_.momentum : v);
}

}  // namespace lazulite::optim
