#include "lazulite/backends/cuda/primitives/masked_products.h"

#include <fmt/format.h>

#include "lazulite/backends/cuda/kernels/prelude.h"
#include "lazulite/backends/cuda/kernels/rows.h"
#include "lazulite/backends/cuda/primitives/matrices.h"

namespace lazulite::cuda {
namespace {

// LHS, RHS and CHOSEN say which masks there are: of the factors and of the product. SIZE is that of
// their blocks.
constexpr const char* functions = R"cuda(
struct Mask { long long next, row, column; };
struct Extra {
  long long am, ak, bk, bn, next_a, next_b, m, n, k;
  Mask lhs, rhs, chosen;
};
#define BATCH_POINTERS const bool *lhs, const bool *rhs, const bool *chosen,
#define BATCH_ARGUMENTS chosen,
#define AT_BATCH lhs += z * p.extra.lhs.next; rhs += z * p.extra.rhs.next;
#define A_ALSO , lhs
#define B_ALSO , rhs
DEVICE long long a_batch(const Extra& e, const bool*, unsigned z) { return z * e.next_a; }
DEVICE long long b_batch(const Extra& e, const bool*, unsigned z) { return z * e.next_b; }
#define AT(name, stride, along_blocks)                                                     \
  struct name {                                                                            \
    long long at, block;                                                                   \
    name() = default;                                                                      \
    __device__ name(const Extra& e, unsigned i)                                            \
        : at((long long)i * e.stride), block((long long)(i / SIZE) * e.along_blocks) {}    \
  };
AT(RowA, am, lhs.row) AT(ColumnA, ak, lhs.column) AT(RowB, bn, rhs.column) AT(ColumnB, bk, rhs.row)
DEVICE S a_at(const T* a, RowA row, ColumnA column, const bool* mask) {
  return !LHS || mask[row.block + column.block] ? S(load(a[row.at + column.at])) : S(0);
}
DEVICE S b_at(const T* b, RowB row, ColumnB column, const bool* mask) {
  return !RHS || mask[row.block + column.block] ? S(load(b[row.at + column.at])) : S(0);
}
#if CHOSEN
#define PARTIAL_DEPTH
// Tiles of which nothing is wanted are not summed.
DEVICE unsigned depth_of(const Extra& e, const bool* chosen, unsigned z, unsigned m,
                         unsigned m_end, unsigned n, unsigned n_end) {
  chosen += z * e.chosen.next;
  const unsigned rows = (m_end < e.m ? m_end : e.m) - 1, columns = (n_end < e.n ? n_end : e.n) - 1;
  for (unsigned row = m / SIZE; row <= rows / SIZE; ++row) {
    for (unsigned column = n / SIZE; column <= columns / SIZE; ++column) {
      if (chosen[row * e.chosen.row + column * e.chosen.column]) return e.k;
    }
  }
  return 0;
}
#endif
)cuda";

// Zeros where the product's mask leaves out.
constexpr const char* zeros = R"cuda(
struct Parameters { long long next, row, column; Axis m, n; unsigned elements; };
extern "C" __global__ void __launch_bounds__(256) lazulite_kernel(const bool* chosen, T* out,
                                                                  const Parameters p) {
  const unsigned i = blockIdx.x * 256 + threadIdx.x;
  if (i >= p.elements) return;
  const unsigned rest = quotient(i, p.n), n = i - rest * p.n.size;
  const unsigned z = quotient(rest, p.m), m = rest - z * p.m.size;
  if (!chosen[z * p.next + m / SIZE * p.row + n / SIZE * p.column]) out[i] = T{};
}
)cuda";

// The masks of the product, the first and the second factor, where there are such.
struct Masks {
  const Operand* of[3] = {};
  Masks(const Call& call, const Launch& launch) {
    size_t next = 2;
    for (size_t i = 0; i < 3; ++i) {
      if (call.attribute<int64_t>(i + 1) != 0) of[i] = &launch.inputs[next++];
    }
  }
};

std::string defines(const Call& call, const Masks& masks) {
  return fmt::format("#define SIZE {}u\n#define CHOSEN {:d}\n#define LHS {:d}\n#define RHS {:d}\n",
                     call.attribute<int64_t>(0), masks.of[0] != nullptr, masks.of[1] != nullptr,
                     masks.of[2] != nullptr);
}

void add_strides(const Operand* mask, KernelText& text) {
  for (size_t axis = 0; axis < 3; ++axis)
    text.add_constant(mask ? mask->strides[axis] : int64_t{0});
}

Product product_of(const Call& call, const Launch& launch) {
  const Operand &a = launch.inputs[0], &b = launch.inputs[1];
  const Masks masks(call, launch);
  Product product = product_of_matrices(a, b, launch.outputs[0]);
  KernelText extra;
  add_strides_of_matrices(a, b, extra);
  for (int64_t number : {a.strides[0], b.strides[0], product.m, product.n, product.k}) {
    extra.add_constant(number);
  }
  for (size_t i : {1, 2, 0}) {
    add_strides(masks.of[i], extra);
    // What is not read may point anywhere.
    product.batch_pointers.push_back(pointer_to(masks.of[i] ? *masks.of[i] : a));
  }
  product.functions = defines(call, masks) + functions;
  product.name = call.label();
  product.extra = std::move(extra.constants);
  return product;
}

}  // namespace

bool can_run_masked_product(const Call& call, const Launch& launch) {
  if (call.id != CallId::block_masked_mm) return false;
  const Product product = product_of(call, launch);
  return !worth_library(product) && can_run_product(product);
}

void add_masked_product(const Call& call, const Launch& launch, Recipe& recipe) {
  add_product(product_of(call, launch), recipe);
  const Masks masks(call, launch);
  const Operand& out = launch.outputs[0];
  if (!masks.of[0] || out.size() == 0) return;
  KernelText text{.name = "mask_blocks",
                  .source = std::string(prelude) + defines(call, masks) +
                            fmt::format("typedef {} T;\n", type_of(out.dtype)) + zeros};
  text.add_pointers({pointer_to(*masks.of[0]), result_at(out)});
  add_strides(masks.of[0], text);
  text.add_constant(Axis(out.shape[1]));
  text.add_constant(Axis(out.shape[2]));
  text.add_constant(static_cast<uint32_t>(out.size()));
  text.grid[0] = static_cast<unsigned>(ceil_div(out.size(), text.block));
  recipe.steps.emplace_back(std::move(text));
}

}  // namespace lazulite::cuda
