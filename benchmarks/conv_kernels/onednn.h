#pragma once

#include "lazulite/backends/cpu/conv/conv.h"

// Milliseconds that oneDNN takes for the three passes of a convolution, without bias gradient, ReLU
// and pooling; zeros where the program was built without it.
struct OnednnTimes {
  double forward = 0, input_gradient = 0, weight_gradient = 0;
};
OnednnTimes time_onednn(const lazulite::cpu::ConvShape& shape, int repeats);
