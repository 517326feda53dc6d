#pragma once

#include "lazulite/backends/cuda/kernels/recipe.h"
#include "lazulite/ops/primitives/call.h"

namespace lazulite::cuda {

/// quantized_matmul of few rows, of which the codes are read once. Many rows go by the composition:
/// a matrix of numbers, which tensor cores or the library multiply.
bool can_run_quantized_product(const Call& call, const Launch& launch);
void add_quantized_product(const Call& call, const Launch& launch, Recipe& recipe);

}  // namespace lazulite::cuda
