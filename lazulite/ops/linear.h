#pragma once

#include "lazulite/core/array.h"

namespace lazulite {

/// Matrix product of the last two axes, the others broadcast. A vector counts as a row on the left
/// and as a column on the right, and that axis is absent from the result. Floating and complex
/// dtypes; half precision is accumulated in float32.
Array matmul(Array a, Array b);
/// alpha * (a @ b) + beta * c, c broadcast to the product's shape. What is multiplied with 0 has no
/// part in the result, not even as NaN.
Array addmm(Array c, Array a, Array b, double alpha = 1, double beta = 1);
/// Sum of products over the last axis of both.
Array inner(Array a, Array b);
/// Every product of an element of `a` with one of `b`, both flattened.
Array outer(Array a, Array b);
/// Sum of products over axes_a of `a` paired with axes_b of `b`.
Array tensordot(Array a, Array b, const Axes& axes_a, const Axes& axes_b);
/// Over the last `count` axes of `a` and the first of `b`.
Array tensordot(Array a, Array b, int count = 2);

}  // namespace lazulite
