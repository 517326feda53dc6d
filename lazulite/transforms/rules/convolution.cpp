// A convolution is linear in each operand, so the three primitives are each other's gradients.
#include "lazulite/ops/convolution.h"

#include "lazulite/ops/operators.h"
#include "lazulite/transforms/rules/helpers.h"

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

// By the product rule: the primitive with one input's tangent at a time.
template <class T>
Tangents bilinear(const T& p, const JvpRequest& r) {
  Array total;
  for (size_t i = 0; i < 2; ++i) {
    if (!r.tangents[i].valid()) continue;
    Array part = again(p, i == 0 ? SmallVector<Array, 2>{r.tangents[0], r.inputs[1]}
                                 : SmallVector<Array, 2>{r.inputs[0], r.tangents[1]});
    total = total.valid() ? total + part : part;
  }
  return {total};
}

Tangents jvp(const Convolution& p, const JvpRequest& r) { return bilinear(p, r); }
Tangents jvp(const ConvolutionGradInput& p, const JvpRequest& r) { return bilinear(p, r); }
Tangents jvp(const ConvolutionGradWeight& p, const JvpRequest& r) { return bilinear(p, r); }

// Many images become one large batch; many weights become groups, whose images lie side by side in
// the channels.
ConvGeometry in_groups(ConvGeometry geometry, int64_t size) {
  geometry.groups *= static_cast<int>(size);
  return geometry;
}

Mapped vmap(const Convolution& p, const VmapRequest& r) {
  if (!r.mapped[1]) return {unfold(again(p, {fold(r.inputs[0]), r.inputs[1]}), r.size)};
  int last = static_cast<int>(p.stride.size()) + 1;
  Array out =
      again(Convolution{in_groups(p, r.size)}, {fold_into(every(r, 0), last), fold(r.inputs[1])});
  return {unfold_from(out, r.size, last)};
}

Mapped vmap(const ConvolutionGradInput& p, const VmapRequest& r) {
  Shape shape = p.shape;
  if (!r.mapped[0]) {
    shape[0] *= r.size;
    return {
        unfold(again(ConvolutionGradInput{p, shape}, {r.inputs[0], fold(r.inputs[1])}), r.size)};
  }
  int last = static_cast<int>(p.stride.size()) + 1;
  shape.back() *= r.size;
  Array out = again(ConvolutionGradInput{in_groups(p, r.size), shape},
                    {fold(r.inputs[0]), fold_into(every(r, 1), last)});
  return {unfold_from(out, r.size, last)};
}

Mapped vmap(const ConvolutionGradWeight& p, const VmapRequest& r) {
  int last = static_cast<int>(p.stride.size()) + 1;
  Shape shape = p.shape;
  shape[0] *= r.size;
  Array out = again(ConvolutionGradWeight{in_groups(p, r.size), shape},
                    {fold_into(every(r, 0), last), fold_into(every(r, 1), last)});
  return {unfold(out, r.size)};
}

LAZULITE_RULES(Convolution);
LAZULITE_RULES(ConvolutionGradInput);
LAZULITE_RULES(ConvolutionGradWeight);

}  // namespace lazulite
