#pragma once

#include "lazulite/nn/module.h"

namespace lazulite::nn {

/// In training, sets each element to zero with the given probability and scales the others by
/// 1 / (1 - probability); otherwise the identity. Srivastava et al., "Dropout", 2014.
class Dropout : public Module {
 public:
  /// Throws unless 0 <= probability < 1.
  explicit Dropout(double probability = 0.5);
  Array operator()(Array x) const;

 private:
  double probability_;
};

}  // namespace lazulite::nn
