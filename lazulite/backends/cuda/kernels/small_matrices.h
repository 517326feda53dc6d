#pragma once

#include "lazulite/backends/cuda/kernels/recipe.h"

// Factors of small matrices, each by a block that keeps it in shared memory, in double precision as
// on the CPU. What a matrix gives does not depend on how many there are. Operands are row-major.
namespace lazulite::cuda {

/// The largest side of such a matrix.
inline constexpr int64_t most_small_side = 64;

/// Lower triangles of a = l l^T. `number` is that of the check for those that have none.
void add_small_cholesky(const Operand& a, const Operand& out, uint32_t number, Recipe& recipe);

/// Factors with partial pivoting, what each row was exchanged with, where each row went.
void add_small_lu(const Operand& a, const Operand& lu, const Operand& exchanged,
                  const Operand& went, Recipe& recipe);
/// x of a x = b. `number` is that of the check for singular matrices.
void add_small_solve(const Operand& a, const Operand& b, const Operand& out, uint32_t number,
                     Recipe& recipe);
/// The same of a triangle alone.
void add_small_triangular(const Operand& a, const Operand& b, const Operand& out, bool upper,
                          Recipe& recipe);
/// Sign, logarithm of the size, and value of determinants.
void add_small_determinants(const Operand& a, const Operand& sign, const Operand& log,
                            const Operand& whole, Recipe& recipe);

}  // namespace lazulite::cuda
