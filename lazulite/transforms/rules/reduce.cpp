#include "lazulite/ops/creation.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/reduction.h"
#include "lazulite/ops/reduction/last_axis.h"
#include "lazulite/ops/reduction/reduction_axes.h"
#include "lazulite/transforms/rules.h"

namespace lazulite {
namespace {

// The product of all other elements along the last axis, exact where elements are zero. Elements
// are multiplied in pairs, the same is done for the pairs, and each element of a pair takes the
// pair's result times its partner.
Array exclusive_product(const Array& x) {
  int64_t size = x.shape(-1);
  if (size == 1) return ones_like(x);
  std::vector<Array> parts = split(x, {size / 2, size / 2 * 2}, -1);
  Array others = exclusive_product(concatenate({parts[0] * parts[1], parts[2]}, -1));
  std::vector<Array> shares = split(others, {size / 2}, -1);
  return concatenate({shares[0] * parts[1], shares[0] * parts[0], shares[1]}, -1);
}

Array product_gradient(const Array& x, const Array& g, const Axes& axes) {
  LastAxis last(x, axes);
  return g * last.restore(exclusive_product(last.array()));
}

}  // namespace

Gradients vjp(const Reduce& p, const VjpRequest& r) {
  const Array& x = r.inputs[0];
  Shape kept = reduced_shape(x.shape(), p.axes, true);
  if (p.op == ReduceOp::all || p.op == ReduceOp::any) return {Array()};
  Array g = reshape(r.cotangents[0], kept);
  if (p.op == ReduceOp::sum) return {broadcast_to(g, x.shape())};
  if (p.op == ReduceOp::prod) return {product_gradient(x, g, p.axes)};
  // Equal extremes share the gradient.
  Array chosen = astype(x == reshape(r.outputs[0], kept), x.dtype());
  return {chosen * (g / sum(chosen, p.axes, true))};
}

Gradients vjp(const ArgReduce&, const VjpRequest&) { return {Array()}; }

}  // namespace lazulite
