#include "lazulite/ops/primitives/sort.h"

#include "lazulite/transforms/rules/helpers.h"

namespace lazulite {

// Positions do not change where elements change a little.
Gradients vjp(const ArgSort&, const VjpRequest&) { return {Array()}; }

Tangents jvp(const ArgSort&, const JvpRequest&) { return {Array()}; }

Mapped vmap(const ArgSort& p, const VmapRequest& r) {
  return {again(ArgSort{p.axis + 1}, {r.inputs[0]})};
}

LAZULITE_RULES(ArgSort);

}  // namespace lazulite
