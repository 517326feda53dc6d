#pragma once

#include "lazulite/backends/cuda/kernels/recipe.h"

namespace lazulite::cuda {

/// Whether `add_fused` takes the launch.
bool can_run_fused(const Launch& launch);

/// Adds the kernels of a fused launch. Texts say what is computed and how operands lie to each
/// other, but no sizes, so that one text serves many shapes. Throws where a row has no value for
/// its dtype.
///
/// Reductions: a block is a table of threads, TX along what stays and TY along what is folded. A
/// thread folds every TY-th value of its part; then neighbours fold in a tree; large reductions are
/// cut into parts whose results a second kernel folds. All of this follows from the shape and the
/// axes alone, so the order of a sum does too.
void add_fused(const Launch& launch, Recipe& recipe);

/// Adds a copy of elements, bit by bit, to where another operand of the same shape lies.
void add_copy(const Operand& from, const Operand& to, Recipe& recipe);

}  // namespace lazulite::cuda
