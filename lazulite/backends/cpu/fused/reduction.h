#pragma once

#include "lazulite/backends/cpu/kernels.h"

namespace lazulite::cpu {

// A fused kernel with reductions.
std::unique_ptr<Kernel> make_reduction(const FusedKernel& kernel, const Launch& launch);

}  // namespace lazulite::cpu
