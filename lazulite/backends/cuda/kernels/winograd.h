#pragma once

#include "lazulite/backends/cuda/kernels/windows.h"

namespace lazulite::cuda {

/// Whether convolutions of these sizes go by Winograd's tiles: of float32 with square windows of 3
/// or 5, strides of 1 and enough channels on both sides, where the user has not asked for direct
/// ones. `o.x` and `o.y` are the images, whichever of the three is the result.
bool prefers_winograd(const ConvGeometry& geometry, const ConvOperands& operands);

/// y from x and w.
void add_winograd(const ConvGeometry& geometry, const ConvOperands& operands, Recipe& recipe);

/// Of relu(y + bias), the pool of windows of 2 by 2.
struct WinogradPool {
  const Operand &bias, &value, &positions;
};
void add_winograd_block(const ConvGeometry& geometry, const ConvOperands& operands,
                        const WinogradPool& pool, Recipe& recipe);

/// The gradient of y: an array, or where y was pooled the pool's with its positions.
struct WinogradGradient {
  const Operand& dy;
  const Operand* positions = nullptr;
};
/// dx and dw from it where they are not null. Of the operands, x, w and y tell sizes; x and w also
/// where the values lie that are read.
void add_winograd_gradients(const ConvGeometry& geometry, const ConvOperands& operands,
                            const WinogradGradient& gradient, const Operand* dx, const Operand* dw,
                            Recipe& recipe);

}  // namespace lazulite::cuda
