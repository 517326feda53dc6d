// A convolution is linear in each operand, so the three primitives are each other's gradients.
#include "lazulite/ops/convolution.h"

#include "lazulite/transforms/rules.h"

namespace lazulite {

Gradients vjp(const Convolution& p, const VjpRequest& r) {
  const Array &x = r.inputs[0], &w = r.inputs[1], &g = r.cotangents[0];
  Gradients out(2);
  if (r.wanted[0]) out[0] = convolution_grad_input(w, g, x.shape(), p);
  if (r.wanted[1]) out[1] = convolution_grad_weight(x, g, w.shape(), p);
  return out;
}

Gradients vjp(const ConvolutionGradInput& p, const VjpRequest& r) {
  const Array &w = r.inputs[0], &dy = r.inputs[1], &g = r.cotangents[0];
  Gradients out(2);
  if (r.wanted[0]) out[0] = convolution_grad_weight(g, dy, w.shape(), p);
  if (r.wanted[1]) out[1] = convolution(g, w, p);
  return out;
}

Gradients vjp(const ConvolutionGradWeight& p, const VjpRequest& r) {
  const Array &x = r.inputs[0], &dy = r.inputs[1], &g = r.cotangents[0];
  Gradients out(2);
  if (r.wanted[0]) out[0] = convolution_grad_input(g, dy, x.shape(), p);
  if (r.wanted[1]) out[1] = convolution(x, g, p);
  return out;
}

}  // namespace lazulite
