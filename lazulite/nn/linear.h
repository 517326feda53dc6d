#pragma once

#include "lazulite/nn/module.h"

namespace lazulite::nn {

/// y = x Wᵀ + b over the last axis; weight (outputs, inputs), bias (outputs,), both uniform within
/// ±1/sqrt(inputs) at first. Throws unless both sizes are positive.
class Linear : public Module {
 public:
  Linear(int64_t inputs, int64_t outputs, bool bias = true);
  /// x: (…, inputs); returns (…, outputs).
  Array operator()(Array x) const;

  Cell weight;
  Cell bias;  ///< empty if there is none
};

}  // namespace lazulite::nn
