#pragma once

#include "lazulite/backends/cuda/kernels/recipe.h"
#include "lazulite/ops/primitives/call.h"

namespace lazulite::cuda {

/// block_masked_mm of sizes for which the library is not worth it; it multiplies larger masked
/// matrices faster than blocks can be left out. What the masks of the factors leave out counts as
/// zeros; tiles that the product's mask leaves out are not summed.
bool can_run_masked_product(const Call& call, const Launch& launch);
void add_masked_product(const Call& call, const Launch& launch, Recipe& recipe);

}  // namespace lazulite::cuda
