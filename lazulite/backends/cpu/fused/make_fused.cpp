#include "lazulite/backends/cpu/fused/elementwise.h"
#include "lazulite/backends/cpu/fused/reduction.h"
#include "lazulite/backends/cpu/kernels.h"

namespace lazulite::cpu {

std::unique_ptr<Kernel> make_fused(const FusedKernel& kernel, const Launch& launch) {
  return kernel.reductions.empty() ? make_elementwise(kernel, launch)
                                   : make_reduction(kernel, launch);
}

}  // namespace lazulite::cpu
