#include "lazulite/ops/primitives/linear.h"

#include "lazulite/backends/cuda/kernels/few_rows.h"
#include "lazulite/backends/cuda/primitives/matrices.h"
#include "lazulite/backends/cuda/primitives/primitives.h"

namespace lazulite::cuda {
namespace {

Operand batch_of(const Operand& matrices) {
  Operand batch = matrices;
  for (int i = 0; i < 2; ++i) {
    batch.shape.pop_back();
    batch.strides.pop_back();
  }
  return batch;
}

constexpr const char* functions = R"cuda(
struct Extra { View a, b; long long am, ak, bk, bn; };
DEVICE long long a_batch(const Extra& e, unsigned z) { return place(e.a, z); }
DEVICE long long b_batch(const Extra& e, unsigned z) { return place(e.b, z); }
)cuda";

Product product_of(const Launch& launch) {
  const Operand &a = launch.inputs[0], &b = launch.inputs[1];
  Product product = product_of_matrices(a, b, launch.outputs[0]);
  product.functions = std::string(functions) + elements_of_matrices;
  product.name = "matmul";
  KernelText extra;
  extra.add_constant(view_of(batch_of(a)));
  extra.add_constant(view_of(batch_of(b)));
  add_strides_of_matrices(a, b, extra);
  product.extra = std::move(extra.constants);
  return product;
}

// As the library takes a matrix, if it does.
bool as_matrix(const Operand& operand, int64_t rows, int64_t columns, Matrix* out) {
  const size_t last = operand.shape.size() - 1;
  const int64_t down = rows > 1 ? operand.strides[last - 1] : columns;
  const int64_t across = columns > 1 ? operand.strides[last] : 1;
  Joined batch = join_axes(batch_of(operand).shape, {batch_of(operand).strides});
  if (batch.shape.size() > 1) return false;
  out->at = pointer_to(operand);
  out->batch_stride = batch.shape.empty() ? 0 : batch.strides[0][0];
  if (out->batch_stride < 0) return false;
  if (across == 1 && down >= columns) {
    out->transposed = false;
    out->leading = down;
    return true;
  }
  out->transposed = true;
  out->leading = across;
  return down == 1 && across >= rows;
}

bool as_library_call(const Launch& launch, const Product& product, MatrixProduct* out) {
  if (!worth_library(product)) return false;
  out->dtype = product.dtype;
  out->m = product.m;
  out->n = product.n;
  out->k = product.k;
  out->batch = product.batch;
  return as_matrix(launch.inputs[0], product.m, product.k, &out->a) &&
         as_matrix(launch.inputs[1], product.k, product.n, &out->b) &&
         as_matrix(launch.outputs[0], product.m, product.n, &out->c);
}

bool accepts(const Matmul&, const Launch& launch) {
  return can_view(batch_of(launch.inputs[0])) && can_view(batch_of(launch.inputs[1])) &&
         can_run_product(product_of(launch));
}

bool as_few_rows(const Launch& launch, const Product& product, FewRows* out) {
  const Operand &a = launch.inputs[0], &b = launch.inputs[1];
  const size_t last = a.shape.size() - 1;
  *out = {product, a.strides[last - 1], a.strides[last], b.strides[last]};
  return (product.k == 1 || b.strides[last - 1] == 1) && can_run_few_rows(*out);
}

void make(const Matmul&, const Launch& launch, Recipe& recipe) {
  Product product = product_of(launch);
  MatrixProduct call;
  FewRows few;
  if (as_few_rows(launch, product, &few)) {
    add_few_rows(few, recipe);
  } else if (recipe.has_library && as_library_call(launch, product, &call)) {
    call.c.at.written = true;
    recipe.steps.emplace_back(call);
  } else {
    add_product(product, recipe);
  }
}

}  // namespace

LAZULITE_CUDA_KERNEL(Matmul);

bool add_with_next(const Launch& launch, const Launch& next, Recipe& recipe) {
  if (launch.fused || !launch.primitive->get_if<Matmul>()) return false;
  Product product = product_of(launch);
  MatrixProduct call;
  FewRows few;
  const bool few_rows = as_few_rows(launch, product, &few);
  if (product.batch != 1 || (!few_rows && as_library_call(launch, product, &call))) return false;
  product.epilogue = epilogue_of(launch.outputs[0], next);
  if (!product.epilogue) return false;
  if (few_rows) {
    few.product.epilogue = std::move(product.epilogue);
    add_few_rows(few, recipe);
  } else {
    add_product(product, recipe);
  }
  return true;
}

}  // namespace lazulite::cuda
