#pragma once

#include "lazulite/backends/cuda/kernels/windows.h"

namespace lazulite::cuda {

/// Convolutions with up to four output channels, and gradients of images of as few channels: a
/// thread has all channels of four pixels in registers, and groups of threads share what is summed.
bool can_run_few_outputs(const ConvGeometry& geometry, const ConvOperands& operands);
bool can_run_few_inputs_gradient(const ConvGeometry& geometry, const ConvOperands& operands);

/// y from x and w.
void add_few_outputs(const ConvGeometry& geometry, const ConvOperands& operands, Recipe& recipe);
/// x from w and y.
void add_few_inputs_gradient(const ConvGeometry& geometry, const ConvOperands& operands,
                             Recipe& recipe);

}  // namespace lazulite::cuda
