// Arrays that come from nothing differentiable.
#include "lazulite/transforms/rules.h"

namespace lazulite {

Gradients vjp(const Arange&, const VjpRequest&) { return {}; }
Gradients vjp(const RandomBits&, const VjpRequest&) { return {Array()}; }

}  // namespace lazulite
