#pragma once

#include "lazulite/backends/cuda/kernels/recipe.h"
#include "lazulite/ops/primitives/call.h"

namespace lazulite::cuda {

/// gather_mm, whose matrices are read where they lie, and segmented_mm.
bool can_run_products_of_parts(const Call& call, const Launch& launch);
void add_products_of_parts(const Call& call, const Launch& launch, Recipe& recipe);

}  // namespace lazulite::cuda
