#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/primitives/elementwise.h"
#include "lazulite/ops/primitives/movers.h"
#include "lazulite/transforms/rules/helpers.h"

namespace lazulite {

Gradients vjp(const Cast&, const VjpRequest& r) {
  Dtype from = r.inputs[0].dtype(), to = r.outputs[0].dtype();
  if (is_inexact(from) && !is_inexact(to)) return {Array()};
  return {astype(r.cotangents[0], from)};
}

Gradients vjp(const Alias&, const VjpRequest& r) { return {r.cotangents[0]}; }
Gradients vjp(const Copy&, const VjpRequest& r) { return {r.cotangents[0]}; }
Gradients vjp(const StopGradient&, const VjpRequest&) { return {Array()}; }

Tangents jvp(const Cast& p, const JvpRequest& r) {
  if (!r.tangents[0].valid()) return {Array()};
  if (is_inexact(p.dtype)) return {astype(r.tangents[0], p.dtype)};
  return {is_inexact(r.inputs[0].dtype()) ? Array() : r.tangents[0]};
}

Tangents jvp(const Alias& p, const JvpRequest& r) { return linear(p, r); }
Tangents jvp(const Copy& p, const JvpRequest& r) { return linear(p, r); }
Tangents jvp(const StopGradient&, const JvpRequest&) { return {Array()}; }

Mapped vmap(const Cast& p, const VmapRequest& r) { return {again(p, {r.inputs[0]})}; }
Mapped vmap(const Alias& p, const VmapRequest& r) { return {again(p, {r.inputs[0]})}; }
Mapped vmap(const Copy& p, const VmapRequest& r) { return {again(p, {r.inputs[0]})}; }
Mapped vmap(const StopGradient& p, const VmapRequest& r) { return {again(p, {r.inputs[0]})}; }

LAZULITE_RULES(Cast);
LAZULITE_RULES(Alias);
LAZULITE_RULES(Copy);
LAZULITE_RULES(StopGradient);

}  // namespace lazulite
