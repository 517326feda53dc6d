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

/// What conv_general is told for each spatial axis, or once for all of them.
struct ConvGeneralOptions {
  SmallVector<int, 3> stride = {1};
  SmallVector<int, 3> padding_low = {0};
  SmallVector<int, 3> padding_high = {};  ///< as padding_low if empty
  SmallVector<int, 3> kernel_dilation = {1};
  SmallVector<int, 3> input_dilation = {1};  ///< between neighbours lie so many less one zeros
  int groups = 1;
  bool flip = false;  ///< turn the kernel round in all spatial axes
};

/// Convolution over one spatial axis or more: x: (n, spatial..., c_in), w: (c_out, kernel...,
/// c_in / groups). Negative padding cuts off.
Array conv_general(Array x, Array w, const ConvGeneralOptions& options = {});

/// The discrete convolution of two rows of numbers, sum_k a[k] v[i - k]: wherever they overlap
/// (full), as much of the middle as the longer one has (same), or where they overlap fully (valid).
enum class ConvolveMode : uint8_t { full, same, valid };
Array convolve(Array a, Array v, ConvolveMode mode = ConvolveMode::full);

/// Transposed convolution of x: (n, spatial..., c_in) with w: (c_out, kernel..., c_in / groups):
/// the gradient of the convolution with these options with respect to its input, carried from x.
/// Each spatial axis has (size - 1) * stride - 2 * padding + dilation * (kernel - 1) + 1 +
/// output_padding elements. One value for each spatial axis, or one for all.
Array conv_transpose(Array x, Array w, SmallVector<int, 3> stride = {1},
                     SmallVector<int, 3> padding = {0}, SmallVector<int, 3> dilation = {1},
                     SmallVector<int, 3> output_padding = {0}, int groups = 1);

/// The convolution over as many spatial axes as the geometry has entries, at most three.
Array convolution(Array x, Array w, const ConvGeometry& geometry);
/// Its gradients with respect to x and to w, `dy` being that of its output. The shape of what is
/// differentiated does not follow from the others where strides skip elements, hence it is given.
Array convolution_grad_input(Array w, Array dy, const Shape& x_shape, const ConvGeometry& geometry);
Array convolution_grad_weight(Array x, Array dy, const Shape& w_shape,
                              const ConvGeometry& geometry);

}  // namespace lazulite
