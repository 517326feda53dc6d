#include "lazulite/backends/cuda/primitives/matrices.h"

namespace lazulite::cuda {

const char* const elements_of_matrices = R"cuda(
#define AT(name, stride)                                                              \
  struct name {                                                                       \
    long long at;                                                                     \
    name() = default;                                                                 \
    __device__ name(const Extra& e, unsigned i) : at((long long)i * e.stride) {}      \
  };
AT(RowA, am) AT(ColumnA, ak) AT(RowB, bn) AT(ColumnB, bk)
DEVICE S a_at(const T* a, RowA row, ColumnA column) { return S(load(a[row.at + column.at])); }
DEVICE S b_at(const T* b, RowB row, ColumnB column) { return S(load(b[row.at + column.at])); }
)cuda";

Product product_of_matrices(const Operand& a, const Operand& b, const Operand& c) {
  const Strides &along_a = a.strides, &along_b = b.strides;
  const int64_t m = c.shape.end()[-2], n = c.shape.back();
  return {.dtype = c.dtype,
          .batch = element_count(std::span(c.shape.begin(), c.shape.end() - 2)),
          .m = m,
          .n = n,
          .k = a.shape.back(),
          .a = pointer_to(a),
          .b = pointer_to(b),
          .c = result_at(c),
          .c_batch = m * n,
          .c_row = n,
          .a_along_k = along_a.back() == 1 || along_a.end()[-2] != 1,
          .b_along_k = along_b.end()[-2] == 1 && along_b.back() != 1};
}

bool worth_library(const Product& p) {
  const int64_t multiplications = p.batch * p.m * p.n * p.k;
  return multiplications >= int64_t{1} << (p.dtype == Dtype::float32 ? 26 : 15);
}

void add_strides_of_matrices(const Operand& a, const Operand& b, KernelText& extra) {
  for (const Operand* matrix : {&a, &b}) {
    extra.add_constant(int64_t{matrix->strides.end()[-2]});
    extra.add_constant(int64_t{matrix->strides.back()});
  }
}

}  // namespace lazulite::cuda
