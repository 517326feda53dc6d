#include "lazulite/ops/primitives/scan.h"

#include "lazulite/transforms/rules/helpers.h"

namespace lazulite {

// An element reaches all sums behind it: the same sums from the other end.
Gradients vjp(const CumulativeSum& p, const VjpRequest& r) {
  return {again(CumulativeSum{p.axis, !p.reverse, p.inclusive}, {r.cotangents[0]})};
}

Tangents jvp(const CumulativeSum& p, const JvpRequest& r) { return linear(p, r); }

Mapped vmap(const CumulativeSum& p, const VmapRequest& r) {
  return {again(CumulativeSum{p.axis + 1, p.reverse, p.inclusive}, {r.inputs[0]})};
}

LAZULITE_RULES(CumulativeSum);

}  // namespace lazulite
