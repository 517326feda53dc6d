#pragma once

#include "lazulite/backends/cuda/kernels/recipe.h"
#include "lazulite/ops/primitives/call.h"

namespace lazulite::cuda {

/// Softmax, its logarithm and the logarithm of the sum of exponentials, along the last axis: a row
/// is read once and stays in registers, unless it is very long.
bool can_run_softmax(const Call& call, const Launch& launch);
void add_softmax(const Call& call, const Launch& launch, Recipe& recipe);

}  // namespace lazulite::cuda
