// Arrays that come from nothing differentiable.
#include "lazulite/ops/primitives/creation.h"
#include "lazulite/transforms/rules/helpers.h"

namespace lazulite {

Gradients vjp(const Arange&, const VjpRequest&) { return {}; }
Gradients vjp(const RandomBits&, const VjpRequest&) { return {Array()}; }

Tangents jvp(const Arange&, const JvpRequest&) { return {Array()}; }
Tangents jvp(const RandomBits&, const JvpRequest&) { return {Array()}; }

// Without inputs, it is never mapped.
Mapped vmap(const Arange&, const VmapRequest&) { return {}; }
// Keys may have leading axes.
Mapped vmap(const RandomBits& p, const VmapRequest& r) { return {again(p, {r.inputs[0]})}; }

LAZULITE_RULES(Arange);
LAZULITE_RULES(RandomBits);

}  // namespace lazulite
