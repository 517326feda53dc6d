#pragma once

#include <cstdint>

#include "lazulite/backends/cpu/conv/conv.h"

// Serial parts of a convolution, which the drivers divide among the workers; each picks the widest
// vectors of the machine.
namespace lazulite::cpu {

// What is done to the results of a convolution, and where they go: planes of packed images.
struct Epilogue {
  bool relu = false, pool = false;
  const float* bias = nullptr;
  float* output = nullptr;
  uint8_t* residual = nullptr;
  int64_t channels = 0, height = 0, width = 0;  // of the output, after pooling
};

struct ForwardCall {
  const ConvPlan& plan;
  const float* input;
  const float* weights;
  Epilogue epilogue;
};

// The gradient of the output of a convolution, before pooling: pooled gradients, and the bytes that
// say which element of each window takes one.
struct OutputGradient {
  const float* values;
  const uint8_t* residual;  // may be null
  bool pool;
  int64_t channels, height, width;  // after pooling
};

}  // namespace lazulite::cpu
