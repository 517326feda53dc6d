#pragma once

#include "lazulite/optim/optimizer.h"

namespace lazulite::optim {

struct SGDOptions {
  double momentum = 0;
  double weight_decay = 0;
  double dampening = 0;
  bool nesterov = false;
};

/// Stochastic gradient descent, with momentum as in Sutskever et al., "On the importance of
/// initialization and momentum in deep learning", 2013.
class SGD : public Optimizer {
 public:
  /// Throws if nesterov is asked for without momentum or with dampening, if momentum or dampening
  /// are not within [0, 1], and if the decay is negative.
  explicit SGD(Schedule learning_rate, SGDOptions options = {});
  explicit SGD(double learning_rate, SGDOptions options = {});

 protected:
  Array apply_single(const Array& gradient, const Array& parameter, State& state) override;

 private:
  SGDOptions options_;
};

}  // namespace lazulite::optim
