#include "lazulite/ops/creation.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/primitives/reduction.h"
#include "lazulite/ops/reduction.h"
#include "lazulite/ops/reduction/last_axis.h"
#include "lazulite/ops/reduction/reduction_axes.h"
#include "lazulite/transforms/rules/helpers.h"

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

Tangents jvp(const Reduce& p, const JvpRequest& r) {
  const Array &x = r.inputs[0], &t = r.tangents[0];
  if (p.op == ReduceOp::all || p.op == ReduceOp::any || !t.valid()) return {Array()};
  if (p.op == ReduceOp::sum) return linear(p, r);
  if (p.op == ReduceOp::prod) {
    LastAxis last(x, p.axes);
    return {sum(t * last.restore(exclusive_product(last.array())), p.axes)};
  }
  // Equal extremes share, as in the gradient.
  Shape kept = reduced_shape(x.shape(), p.axes, true);
  Array chosen = astype(x == reshape(r.outputs[0], kept), x.dtype());
  return {sum(where(chosen, t, zeros_like(t)), p.axes) / sum(chosen, p.axes)};
}

Tangents jvp(const ArgReduce&, const JvpRequest&) { return {Array()}; }

Mapped vmap(const Reduce& p, const VmapRequest& r) {
  Axes axes;
  for (int axis : p.axes) axes.push_back(axis + 1);
  return {again(Reduce{p.op, axes}, {r.inputs[0]})};
}

Mapped vmap(const ArgReduce& p, const VmapRequest& r) {
  return {again(ArgReduce{p.maximum, p.axis + 1}, {r.inputs[0]})};
}

LAZULITE_RULES(Reduce);
LAZULITE_RULES(ArgReduce);

}  // namespace lazulite
