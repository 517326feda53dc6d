#pragma once

#include "lazulite/backends/cuda/kernels/product.h"

namespace lazulite::cuda {

/// A product of a matrix of few rows with one whose columns lie without gaps: `row` and `depth` are
/// the strides of the first along m and k, `column` that of the second along n. `product.functions`
/// and `extra` are not needed.
struct FewRows {
  Product product;
  int64_t row, depth, column;
};

bool can_run_few_rows(const FewRows& product);
void add_few_rows(const FewRows& product, Recipe& recipe);

}  // namespace lazulite::cuda
