#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/primitives/views.h"
#include "lazulite/ops/reduction.h"
#include "lazulite/transforms/rules/helpers.h"

namespace lazulite {

Array sum_to_shape(const Array& gradient, const Shape& shape) {
  if (gradient.shape() == shape) return gradient;
  size_t lead = gradient.ndim() - shape.size();
  Axes axes;
  for (size_t axis = 0; axis < gradient.ndim(); ++axis) {
    bool stretched = axis < lead || (shape[axis - lead] == 1 && gradient.shape()[axis] != 1);
    if (stretched) axes.push_back(static_cast<int>(axis));
  }
  Array summed = axes.empty() ? gradient : sum(gradient, axes);
  return reshape(summed, shape);
}

Gradients vjp(const Broadcast&, const VjpRequest& r) {
  return {sum_to_shape(r.cotangents[0], r.inputs[0].shape())};
}

Tangents jvp(const Broadcast& p, const JvpRequest& r) { return linear(p, r); }

Mapped vmap(const Broadcast& p, const VmapRequest& r) {
  return {broadcast_to(aligned(r, 0, p.shape.size()), with_front(r.size, p.shape))};
}

LAZULITE_RULES(Broadcast);

}  // namespace lazulite
