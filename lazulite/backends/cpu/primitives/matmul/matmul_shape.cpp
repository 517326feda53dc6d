#include "lazulite/backends/cpu/primitives/matmul/matmul_shape.h"

#include <utility>

namespace lazulite::cpu {

MatmulShape::MatmulShape(const Launch& launch) {
  const Operand& a = launch.inputs[0];
  const Operand& b = launch.inputs[1];
  const size_t axes = a.shape.size() - 2;
  layout.m = a.shape[axes];
  layout.k = a.shape[axes + 1];
  layout.n = b.shape[axes + 1];
  layout.a_row = a.strides[axes];
  layout.a_column = a.strides[axes + 1];
  layout.b_row = b.strides[axes];
  layout.b_column = b.strides[axes + 1];

  bool folds = true;
  int64_t rows = layout.m;
  for (size_t i = axes; i-- > 0;) {
    if (a.shape[i] == 1) continue;
    if (rows == 1) layout.a_row = a.strides[i];
    folds = folds && b.strides[i] == 0 && a.strides[i] == rows * layout.a_row;
    rows *= a.shape[i];
  }
  if (folds) {
    layout.m = rows;
  } else {
    layout.a_row = a.strides[axes];
    for (size_t i = 0; i < axes; ++i) {
      if (a.shape[i] == 1) continue;
      batch.push_back(a.shape[i]);
      a_batch.push_back(a.strides[i]);
      b_batch.push_back(b.strides[i]);
    }
  }
  layout.c_row = layout.n;
  if (layout.n == 1 && layout.m != 1) {
    swapped = true;
    layout = {.m = 1,
              .n = layout.m,
              .k = layout.k,
              .a_row = layout.b_column,
              .a_column = layout.b_row,
              .b_row = layout.a_column,
              .b_column = layout.a_row,
              .c_row = layout.m};
    std::swap(a_batch, b_batch);
  }
  layout.method = choose_gemm_method(layout);
}

}  // namespace lazulite::cpu
