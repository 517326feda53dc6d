#pragma once

#include "lazulite/nn/module.h"
#include "lazulite/nn/size2.h"

namespace lazulite::nn {

struct Conv2dOptions {
  Size2 stride = 1;
  Size2 padding = 0;
  Size2 dilation = 1;
  int groups = 1;
  bool bias = true;
};

/// Two-dimensional convolution, channels last; weight (outputs, kernel height, kernel width,
/// inputs / groups), uniform within ±1/sqrt(fan_in) at first, bias zero. Throws unless sizes,
/// stride, dilation and groups are positive, padding is not negative and groups divide inputs and
/// outputs.
class Conv2d : public Module {
 public:
  Conv2d(int64_t inputs, int64_t outputs, Size2 kernel, Conv2dOptions options = {});
  /// x: (n, height, width, inputs).
  Array operator()(Array x) const;

  Cell weight;
  Cell bias;  ///< empty if there is none

 private:
  Conv2dOptions options_;
};

}  // namespace lazulite::nn
