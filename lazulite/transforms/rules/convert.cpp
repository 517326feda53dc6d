#include "lazulite/ops/manipulation.h"
#include "lazulite/transforms/rules.h"

namespace lazulite {

Gradients vjp(const Cast&, const VjpRequest& r) {
  Dtype from = r.inputs[0].dtype(), to = r.outputs[0].dtype();
  if (!is_inexact(from) || !is_inexact(to)) return {Array()};
  return {astype(r.cotangents[0], from)};
}

Gradients vjp(const Alias&, const VjpRequest& r) { return {r.cotangents[0]}; }
Gradients vjp(const Copy&, const VjpRequest& r) { return {r.cotangents[0]}; }
Gradients vjp(const StopGradient&, const VjpRequest&) { return {Array()}; }

}  // namespace lazulite
