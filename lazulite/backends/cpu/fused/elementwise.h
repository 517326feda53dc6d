#pragma once

#include "lazulite/backends/cpu/fused/tape.h"
#include "lazulite/backends/cpu/kernels.h"

namespace lazulite::cpu {

// A fused kernel without reductions.
std::unique_ptr<Kernel> make_elementwise(const FusedKernel& kernel, const Launch& launch);

}  // namespace lazulite::cpu
