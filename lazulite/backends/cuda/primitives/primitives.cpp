#include "lazulite/backends/cuda/primitives/primitives.h"

namespace lazulite::cuda {

bool can_run_primitive(const Launch& launch) {
  const PrimitiveKernels& kernels = TypeEntry<PrimitiveKernels>::of(*launch.primitive);
  return kernels.accepts && kernels.accepts(*launch.primitive, launch);
}

void add_primitive(const Launch& launch, Recipe& recipe) {
  TypeEntry<PrimitiveKernels>::of(*launch.primitive).make(*launch.primitive, launch, recipe);
}

}  // namespace lazulite::cuda
