#include "lazulite/ops/linear.h"

#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/primitives/linear.h"
#include "lazulite/transforms/rules/helpers.h"

namespace lazulite {
namespace {

// The gradient of a complex product takes the other factor's conjugate.
Array adjoint(const Array& x) {
  Array turned = swapaxes(x, -2, -1);
  return kind_of(x.dtype()) == DtypeKind::complex ? conjugate(turned) : turned;
}

}  // namespace

Gradients vjp(const Matmul&, const VjpRequest& r) {
  const Array& g = r.cotangents[0];
  Gradients out(2);
  if (r.wanted[0]) out[0] = matmul(g, adjoint(r.inputs[1]));
  if (r.wanted[1]) out[1] = matmul(adjoint(r.inputs[0]), g);
  return out;
}

Tangents jvp(const Matmul&, const JvpRequest& r) {
  Array left, right;
  if (r.tangents[0].valid()) left = matmul(r.tangents[0], r.inputs[1]);
  if (r.tangents[1].valid()) right = matmul(r.inputs[0], r.tangents[1]);
  return {left.valid() && right.valid() ? left + right : left.valid() ? left : right};
}

// Leading axes broadcast.
Mapped vmap(const Matmul&, const VmapRequest& r) { return {matmul(r.inputs[0], r.inputs[1])}; }

LAZULITE_RULES(Matmul);

}  // namespace lazulite
