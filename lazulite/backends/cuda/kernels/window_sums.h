#pragma once

#include "lazulite/backends/cuda/kernels/recipe.h"

namespace lazulite::cuda {

/// Adds the sums over all windows of a pool, channel by channel, of the gradients `dy` that get
/// through: where a position is 255 none does.
void add_window_sums(const Operand& dy, const Operand& positions, const Operand& sums,
                     Recipe& recipe);

}  // namespace lazulite::cuda
