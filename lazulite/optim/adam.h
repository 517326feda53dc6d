#pragma once

#include "lazulite/optim/optimizer.h"

namespace lazulite::optim {

struct AdamOptions {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  bool bias_correction = true;
};

/// Kingma and Ba, "Adam: a method for stochastic optimization", 2015. Throws unless both betas lie
/// in [0, 1) and epsilon is not negative.
class Adam : public Optimizer {
 public:
  explicit Adam(Schedule learning_rate, AdamOptions options = {});
  explicit Adam(double learning_rate, AdamOptions options = {});

 protected:
  Array apply_single(const Array& gradient, const Array& parameter, State& state) override;

 private:
  AdamOptions options_;
};

/// Adam with weight decay apart from the gradient: Loshchilov and Hutter, "Decoupled weight decay
/// regularization", 2019. Throws if the decay is negative.
class AdamW : public Adam {
 public:
  explicit AdamW(Schedule learning_rate, double weight_decay = 0.01, AdamOptions options = {});
  explicit AdamW(double learning_rate, double weight_decay = 0.01, AdamOptions options = {});

 protected:
  Array apply_single(const Array& gradient, const Array& parameter, State& state) override;

 private:
  double weight_decay_;
};

}  // namespace lazulite::optim
