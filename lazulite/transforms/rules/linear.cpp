#include "lazulite/ops/linear.h"

#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/transforms/rules.h"

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

}  // namespace lazulite
