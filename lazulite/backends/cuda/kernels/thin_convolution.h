#pragma once

#include "lazulite/backends/cuda/kernels/windows.h"

namespace lazulite::cuda {

/// Convolutions of images with few channels, without a pool behind them: a thread keeps the weights
/// of one output channel, or the gradients of these, in registers.
bool can_run_thin_convolution(const ConvGeometry& geometry, const ConvOperands& operands);

/// y from x and w.
void add_thin_convolution(const ConvGeometry& geometry, const ConvOperands& operands,
                          Recipe& recipe);
/// w from x and y.
void add_thin_weight_gradient(const ConvGeometry& geometry, const ConvOperands& operands,
                              Recipe& recipe);

}  // namespace lazulite::cuda
