#pragma once

#include <optional>
#include <string>
#include <vector>

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

/// Sums of products by Einstein's convention: "ij,jk->ik" names the axes of each operand and of the
/// result, "..." stands for further axes, which are broadcast; letters that are not in the result
/// are summed over. Without "->", the result has those that occur once, in alphabetical order.
Array einsum(const std::string& subscripts, std::vector<Array> operands);

/// Norms over one axis (of vectors) or two (of matrices), or of the flattened array where none is
/// given. `order` is a number p, sum(|x|^p)^(1/p), with infinities for the largest and the smallest
/// element and 0 for the count of those that are not zero; of matrices 1 and infinity, the largest
/// sum of a column or row, and their negatives, the smallest. Without it, and for "fro" of
/// matrices, the root of the sum of squares.
struct NormOrder {
  std::optional<double> p;
  bool frobenius = false;
};
Array norm(Array x, const NormOrder& order = {}, const Axes& axes = {}, bool keepdims = false);

/// The cross product of vectors of 2 or 3 elements along an axis (2: with a third that is 0).
Array cross(Array a, Array b, int axis = -1);

}  // namespace lazulite
