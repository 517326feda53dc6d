#pragma once

#include <array>

#include "lazulite/core/array.h"
#include "lazulite/ops/primitives/convolution.h"

namespace lazulite {

/// Cross-correlation of images x: (n, height, width, c_in) with w: (c_out, kernel height, kernel
/// width, c_in / groups), giving (n, height, width, c_out). `padding` zeros are added at both ends
/// of each spatial axis. Floating dtypes; half precision is accumulated in float32.
Array conv2d(Array x, Array w, std::array<int, 2> stride = {1, 1},
             std::array<int, 2> padding = {0, 0}, std::array<int, 2> dilation = {1, 1},
             int groups = 1);
/// With the same stride, padding and dilation for both axes.
Array conv2d(Array x, Array w, int stride, int padding = 0, int dilation = 1, int groups = 1);

/// The convolution over as many spatial axes as the geometry has entries.
Array convolution(Array x, Array w, const ConvGeometry& geometry);
/// Its gradients with respect to x and to w, `dy` being that of its output. The shape of what is
/// differentiated does not follow from the others where strides skip elements, hence it is given.
Array convolution_grad_input(Array w, Array dy, const Shape& x_shape, const ConvGeometry& geometry);
Array convolution_grad_weight(Array x, Array dy, const Shape& w_shape,
                              const ConvGeometry& geometry);

}  // namespace lazulite
