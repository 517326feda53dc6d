#include "lazulite/backends/cuda/primitives/products_of_parts.h"

#include "lazulite/backends/cuda/primitives/matrices.h"

namespace lazulite::cuda {
namespace {

constexpr const char* chosen = R"cuda(
struct Extra { long long am, ak, bk, bn, next_a, next_b, next_lhs, next_rhs; };
#define BATCH_POINTERS const int *lhs, const int *rhs,
#define BATCH_ARGUMENTS lhs, rhs,
DEVICE long long a_batch(const Extra& e, const int* lhs, const int*, unsigned z) {
  return lhs[z * e.next_lhs] * e.next_a;
}
DEVICE long long b_batch(const Extra& e, const int*, const int* rhs, unsigned z) {
  return rhs[z * e.next_rhs] * e.next_b;
}
)cuda";

constexpr const char* segments = R"cuda(
struct Extra { long long am, ak, bk, bn, next, end, k; };
#define BATCH_POINTERS const long long *ends,
#define BATCH_ARGUMENTS ends,
#define PARTIAL_DEPTH
DEVICE long long within(long long least, long long at, long long most) {
  return at < least ? least : at > most ? most : at;
}
DEVICE long long begin_of(const Extra& e, const long long* ends, unsigned z) {
  return within(0, ends[z * e.next], e.k);
}
DEVICE long long a_batch(const Extra& e, const long long* ends, unsigned z) {
  return begin_of(e, ends, z) * e.ak;
}
DEVICE long long b_batch(const Extra& e, const long long* ends, unsigned z) {
  return begin_of(e, ends, z) * e.bk;
}
DEVICE unsigned depth_of(const Extra& e, const long long* ends, unsigned z, unsigned, unsigned,
                         unsigned, unsigned) {
  const long long begin = begin_of(e, ends, z);
  return within(begin, ends[z * e.next + e.end], e.k) - begin;
}
)cuda";

Product product_of(const Call& call, const Launch& launch) {
  const Operand &a = launch.inputs[0], &b = launch.inputs[1];
  Product product = product_of_matrices(a, b, launch.outputs[0]);
  KernelText extra;
  add_strides_of_matrices(a, b, extra);
  if (call.id == CallId::gather_mm) {
    for (const Operand& operand : launch.inputs) extra.add_constant(int64_t{operand.strides[0]});
    product.batch_pointers = {pointer_to(launch.inputs[2]), pointer_to(launch.inputs[3])};
  } else {
    for (int64_t stride : launch.inputs[2].strides) extra.add_constant(stride);
    extra.add_constant(product.k);
    product.batch_pointers = {pointer_to(launch.inputs[2])};
  }
  product.functions =
      std::string(call.id == CallId::gather_mm ? chosen : segments) + elements_of_matrices;
  product.name = call.label();
  product.extra = std::move(extra.constants);
  return product;
}

}  // namespace

bool can_run_products_of_parts(const Call& call, const Launch& launch) {
  return (call.id == CallId::gather_mm || call.id == CallId::segmented_mm) &&
         can_run_product(product_of(call, launch));
}

void add_products_of_parts(const Call& call, const Launch& launch, Recipe& recipe) {
  add_product(product_of(call, launch), recipe);
}

}  // namespace lazulite::cuda
