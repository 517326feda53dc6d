#pragma once

#include "lazulite/core/array.h"
#include "lazulite/core/no_result.h"

namespace lazulite {

// Of matrices, which are the last two axes, each by itself; by LAPACK in double precision, on a GPU
// larger ones in their own. In float32 and float64; where it is said, also in complex64.
// What has no result (a singular matrix) is a NoResultError where the result is read.

/// The lower triangle L of a = L L^T, or the upper one of a = U^T U. Reads the lower triangle.
Array cholesky(Array a, bool upper = false);
/// The inverse of the matrix that has such a triangle.
Array cholesky_inv(Array a, bool upper = false);

/// x of a x = b, where `b` is a vector (of one axis) or a matrix. Leading axes are broadcast.
Array solve(Array a, Array b);
/// The same, of a lower or upper triangle; what is beside it is not read.
Array solve_triangular(Array a, Array b, bool upper = false);
Array inv(Array a);
Array tri_inv(Array a, bool upper = false);
/// By singular values, of which those that are noise beside the largest count as 0.
Array pinv(Array a);

/// Floating numbers and integers; half precision is computed in float32.
Array det(Array a);
struct SignAndLog {
  Array sign, log;
};
/// The sign of the determinant, and the logarithm of its size: 0 and -inf of a singular matrix.
SignAndLog slogdet(Array a);

/// L and U in one matrix, L without its ones; the row that each row was exchanged with, in order,
/// and where each row of `a` went (uint32).
struct LuFactors {
  Array lu, pivots, rows;
};
LuFactors lu_factor(Array a);
/// a = L[rows] U.
struct Lu {
  Array rows, l, u;
};
Lu lu(Array a);

struct Qr {
  Array q, r;
};
Qr qr(Array a);

/// a = U diag(s) Vt with square U and Vt. Also complex64.
struct Svd {
  Array u, s, vt;
};
Svd svd(Array a);
Array singular_values(Array a);

/// Eigenvalues in ascending order and eigenvectors, as columns, of a symmetric (of complex64:
/// Hermitian) matrix, of which the lower or the upper triangle is read.
struct Eigen {
  Array values, vectors;
};
Eigen eigh(Array a, bool upper = false);
Array eigvalsh(Array a, bool upper = false);
/// Of any matrix; complex64.
Eigen eig(Array a);
Array eigvals(Array a);

}  // namespace lazulite
