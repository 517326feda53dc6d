#pragma once

#include "lazulite/core/array.h"

namespace lazulite {

/// Whether |x - y| <= atol + rtol * |y|, element by element; equal infinities are close. bool.
Array isclose(Array x, Array y, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false);
/// Whether all elements are close; a zero-dimensional bool.
Array allclose(Array x, Array y, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false);
/// Whether shapes and all elements are equal; a zero-dimensional bool.
Array array_equal(Array x, Array y, bool equal_nan = false);

}  // namespace lazulite
