#pragma once

#include "lazulite/backends/cpu/primitives/matmul/gemm.h"
#include "lazulite/program/launch.h"

namespace lazulite::cpu {

// A launch of Matmul as a batch of products. Where b is the same in all of them, they are one
// product of more rows; a product with a single column is turned over, so that it has a single row.
struct MatmulShape {
  explicit MatmulShape(const Launch& launch);

  GemmLayout layout;
  Shape batch;
  Strides a_batch;
  Strides b_batch;
  bool swapped = false;  // the product is b's transpose times a's

  int64_t batch_size() const { return element_count(batch); }
  double multiplications() const {
    return static_cast<double>(layout.m) * static_cast<double>(layout.n) *
           static_cast<double>(layout.k) * static_cast<double>(batch_size());
  }
};

}  // namespace lazulite::cpu
