#pragma once

#include "lazulite/backends/cuda/kernels/recipe.h"

namespace lazulite::cuda {

/// Adds the sums, in a fixed order, of float32 arrays that lie behind each other: element i goes to
/// where `strides` say it lies in a result of `shape`.
void add_sum_of_parts(const Pointer& partial, int64_t parts, int64_t part_elements, int64_t first,
                      const Pointer& result, const Shape& shape, const Strides& strides,
                      const char* name, Recipe& recipe);

}  // namespace lazulite::cuda
