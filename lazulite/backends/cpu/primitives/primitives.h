#pragma once

#include "lazulite/backends/cpu/kernels.h"
#include "lazulite/ops/primitives.h"

// One pair of overloads for each primitive that the backend runs outside fused kernels: `accepts`
// says whether it takes the launch, and `make` makes the kernel of a launch that it takes.
namespace lazulite::cpu {

// Any other primitive: refused.
template <class Primitive>
bool accepts(const Primitive&, const Launch&) {
  return false;
}
template <class Primitive>
std::unique_ptr<Kernel> make(const Primitive&, const Launch&) {
  return nullptr;
}

}  // namespace lazulite::cpu
