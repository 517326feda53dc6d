#include "lazulite/ops/creation.h"
#include "lazulite/ops/indexing.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/primitives/reduction.h"
#include "lazulite/ops/reduction.h"
#include "lazulite/ops/reduction/last_axis.h"
#include "lazulite/ops/reduction/reduction_axes.h"
#include "lazulite/ops/shape_notes.h"
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

// Half precision computes in float32: a product of some, or the number of equals, may be out of its
// range though the result is not.
Array widened(const Array& x) { return is_half(x.dtype()) ? astype(x, Dtype::float32) : x; }

// The product of all others, for every element.
Array products_of_others(const Array& x, const Axes& axes) {
  LastAxis last(widened(x), axes);
  return last.restore(exclusive_product(last.array()));
}

// 1 where x is the extreme `out` of its row, 0 elsewhere.
Array chosen_by(const Array& x, const Array& out) {
  return astype(equal(x, out), widened(x).dtype());
}

}  // namespace

Gradients vjp(const Reduce& p, const VjpRequest& r) {
  const Array& x = r.inputs[0];
  Shape kept = reduced_shape(x.shape(), p.axes, true);
  if (p.op == ReduceOp::all || p.op == ReduceOp::any) return {Array()};
  Array g = reshape(r.cotangents[0], kept);
  if (p.op == ReduceOp::sum) return {noted_like(broadcast_to(g, x.shape()), x)};
  if (p.op == ReduceOp::prod) {
    Array others = products_of_others(x, p.axes);
    // The gradient of a complex product takes the conjugate of the other factors.
    if (kind_of(x.dtype()) == DtypeKind::complex) others = conjugate(others);
    return {astype(g * others, x.dtype())};
  }
  // Equal extremes share the gradient.
  Array chosen = chosen_by(x, reshape(r.outputs[0], kept));
  return {astype(chosen * (g / sum(chosen, p.axes, true)), x.dtype())};
}

Gradients vjp(const ArgReduce&, const VjpRequest&) { return {Array()}; }

Tangents jvp(const Reduce& p, const JvpRequest& r) {
  const Array &x = r.inputs[0], &t = r.tangents[0];
  if (p.op == ReduceOp::all || p.op == ReduceOp::any || !t.valid()) return {Array()};
  if (p.op == ReduceOp::sum) return linear(p, r);
  if (p.op == ReduceOp::prod) {
    return {astype(sum(t * products_of_others(x, p.axes), p.axes), x.dtype())};
  }
  // Of equal extremes the first is followed, as MLX does; in the gradient they share.
  LastAxis values(x, p.axes), moves(t, p.axes);
  Array first =
      p.op == ReduceOp::max ? argmax(values.array(), -1, true) : argmin(values.array(), -1, true);
  return {reshape(take_along_axis(moves.array(), first, -1), r.outputs[0].shape())};
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
