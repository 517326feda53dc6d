#pragma once

#include "lazulite/backends/cuda/kernels/windows.h"

namespace lazulite::cuda {

/// Convolution blocks (as in thin_block.h) of few images: a warp shares the sums of one output
/// channel, so that there are enough of them for the whole device.
bool can_run_narrow_block(const ConvGeometry& geometry, const ConvOperands& operands);

/// `bias` lies without gaps.
void add_narrow_block(const ConvGeometry& geometry, const ConvOperands& operands,
                      const Operand& bias, const Operand& value, const Operand& positions,
                      Recipe& recipe);

}  // namespace lazulite::cuda
