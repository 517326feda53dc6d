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

/// The order in which operands would be contracted in pairs by what is saved first: for each step
/// the places of the operands in the list of those that are left, to whose end the result is added.
/// And a text that compares the costs with those of one sum over all.
struct EinsumPath {
  std::vector<std::vector<size_t>> steps;
  std::string text;
};
EinsumPath einsum_path(const std::string& subscripts, std::vector<Array> operands);

/// a @ b of blocks of `block_size` rows and columns, each of which is multiplied with its element
/// of a mask: of the product, of `a` and of `b`. What a mask of bools leaves out counts as zeros,
/// NaN and all, as in MLX: multiplied with what is not finite, zeros give NaN.
Array block_masked_mm(Array a, Array b, int block_size = 64, Array mask_out = {},
                      Array mask_lhs = {}, Array mask_rhs = {});
/// Of matrices (m, k) and (k, n), for each pair (begin, end) along the last axis of `segments`, the
/// product of those columns of `a` and rows of `b`: shape (segments..., m, n). One that begins or
/// ends beyond them is an IndexError where a value that depends on it is computed.
Array segmented_mm(Array a, Array b, Array segments);
/// Products of the matrices that the indices pick, which count all matrices of an operand as one
/// row of them and broadcast against each other. Without indices: each matrix once.
Array gather_mm(Array a, Array b, Array lhs_indices = {}, Array rhs_indices = {});

/// The product of the Walsh-Hadamard matrix with the last axis, of m 2^k elements where m is 1, 12,
/// 20 or 28, times `scale`; without one: so that lengths are kept. Integers give float32.
Array hadamard_transform(Array x, std::optional<double> scale = {});

/// Norms over one axis (of vectors) or two (of matrices), or of the flattened array where none is
/// given. `order` is a number p, sum(|x|^p)^(1/p), with infinities for the largest and the smallest
/// element and 0 for the count of those that are not zero; of matrices 1 and infinity, the largest
/// sum of a column or row, 2, the largest singular value, and their negatives, the smallest; the
/// nuclear norm is the sum of the singular values. Without it, and for Frobenius's norm of
/// matrices, the root of the sum of squares.
struct NormOrder {
  std::optional<double> p = {};
  bool frobenius = false, nuclear = false;
};
Array norm(Array x, const NormOrder& order = {}, const Axes& axes = {}, bool keepdims = false);

/// The cross product, of 3 elements, of vectors of 2 or 3 elements along an axis (2: with a third
/// that is 0).
Array cross(Array a, Array b, int axis = -1);

}  // namespace lazulite
