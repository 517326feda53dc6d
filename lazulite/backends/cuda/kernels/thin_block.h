#pragma once

#include "lazulite/backends/cuda/kernels/windows.h"

namespace lazulite::cuda {

/// Convolution blocks of images with few channels: convolution with steps of 1, bias, relu and the
/// pool of windows of 2 by 2. A thread keeps the weights of one output channel in registers.
bool can_run_thin_block(const ConvGeometry& geometry, const ConvOperands& operands);

/// `bias` lies without gaps.
void add_thin_block(const ConvGeometry& geometry, const ConvOperands& operands, const Operand& bias,
                    const Operand& value, const Operand& positions, Recipe& recipe);

/// The gradients of weights and bias (either may be null). Only where a pool has let a gradient
/// through are there products.
void add_thin_gradients(const ConvGeometry& geometry, const ConvOperands& operands,
                        const Operand& dy, const Operand& positions, const Operand* dw,
                        const Operand* db, Recipe& recipe);

}  // namespace lazulite::cuda
