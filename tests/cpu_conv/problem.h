#pragma once

#include <functional>
#include <string>

#include "hwy/aligned_allocator.h"
#include "naive.h"

namespace lazulite::cpu {

// Calls `test` once for each instruction set that the machine has, with that set alone.
void for_targets(const std::function<void()>& test);

using Aligned = hwy::AlignedFreeUniquePtr<float[]>;
inline Aligned aligned(int64_t floats) { return hwy::AllocateAligned<float>(floats); }

Floats random_floats(int64_t count, uint32_t seed, float scale = 1);

// Random inputs of a convolution, channels-last.
struct Problem {
  Problem(const ConvShape& shape, const ConvOptions& options);

  ConvPlan plan;
  Floats images, weights, bias, output_gradient;
};

// What the kernels make of it, unpacked.
struct Forward {
  Floats output;
  std::vector<uint8_t> residual;  // as the kernels lay it out
};
Forward run_forward(const Problem& problem);

struct Gradients {
  Floats input, weights, bias;
};
Gradients run_backward(const Problem& problem, const Forward& forward);

// The byte of an output, [n][height][width][c_out] flattened.
uint8_t residual_at(const ConvPlan& plan, const std::vector<uint8_t>& residual, int64_t index);

// The gradient of the output before pooling that the residual stands for.
Doubles expand_gradient(const Problem& problem, const std::vector<uint8_t>& residual);

std::string describe(const Problem& problem);

}  // namespace lazulite::cpu
