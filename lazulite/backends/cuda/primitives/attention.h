#pragma once

#include "lazulite/backends/cuda/kernels/recipe.h"
#include "lazulite/ops/primitives/call.h"

namespace lazulite::cuda {

/// Attention without storing its weights, by tensor cores: features in sixteens up to 128, and so
/// many rows that tiles of them are filled.
bool can_run_attention(const Call& call, const Launch& launch);
void add_attention(const Call& call, const Launch& launch, Recipe& recipe);

/// The compute capability that a launch needs, 80 for 8.0; 0 where any will do.
int needed_architecture(const Launch& launch);

}  // namespace lazulite::cuda
