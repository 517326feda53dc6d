#pragma once

#include "lazulite/backends/cuda/kernels/product.h"
#include "lazulite/ops/primitives/convolution.h"

namespace lazulite::cuda {

/// The arrays of a convolution: x (n, spatial, in), w (out, window, in of a group),
/// y (n, spatial, out).
struct ConvOperands {
  const Operand &x, &w, &y;
};

/// The products that a convolution and its gradients are, with y, x or w as the result.
Product convolution_product(const ConvGeometry& geometry, const ConvOperands& operands);
Product grad_input_product(const ConvGeometry& geometry, const ConvOperands& operands);
Product grad_weight_product(const ConvGeometry& geometry, const ConvOperands& operands);

/// The first of them, with relu(y + bias) pooled in windows of 2 by 2: `y` is as large as the sums
/// are, `value` and `positions` as the pool's outputs.
Product conv_block_product(const ConvGeometry& geometry, const ConvOperands& operands,
                           const Operand& bias, const Operand& value, const Operand& positions);

bool can_run_convolution(const ConvGeometry& geometry, const ConvOperands& operands);

}  // namespace lazulite::cuda
