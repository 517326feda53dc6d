#pragma once

#include <array>

#include "lazulite/core/array.h"
#include "lazulite/ops/primitives/pooling.h"

namespace lazulite {

/// The largest element of each window of images x: (n, height, width, channels); without a stride:
/// the window's size. Padding counts as the lowest number. Any real dtype. The derivative goes to
/// the first of equal largest elements.
Array max_pool2d(Array x, std::array<int, 2> window, std::array<int, 2> stride,
                 std::array<int, 2> padding = {0, 0});
Array max_pool2d(Array x, int window, int stride = 0, int padding = 0);

/// The mean of each window. Padding counts as zeros. Integers give float32.
Array avg_pool2d(Array x, std::array<int, 2> window, std::array<int, 2> stride,
                 std::array<int, 2> padding = {0, 0});
Array avg_pool2d(Array x, int window, int stride = 0, int padding = 0);

/// Over as many spatial axes as the geometry has entries, at most three.
Array max_pool(Array x, const PoolGeometry& geometry);
Array avg_pool(Array x, const PoolGeometry& geometry);
/// Their gradients, `dy` being that of the output and `positions` MaxPool's second output.
Array max_pool_grad(Array dy, Array positions, const Shape& x_shape, const PoolGeometry& geometry);
Array avg_pool_grad(Array dy, const Shape& x_shape, const PoolGeometry& geometry);

}  // namespace lazulite
