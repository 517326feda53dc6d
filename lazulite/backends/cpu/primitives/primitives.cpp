#include "lazulite/backends/cpu/primitives/primitives.h"

namespace lazulite::cpu {

const PrimitiveKernel& primitive_kernel(const Primitive& primitive) {
  return TypeEntry<PrimitiveKernel>::of(primitive);
}

}  // namespace lazulite::cpu
