#pragma once

#include "lazulite/backends/cpu/kernels.h"

namespace lazulite::cpu {

// A kernel for operands of float16 or bfloat16: they are widened to float32, the same primitive
// runs on those, and its results are rounded once.
std::unique_ptr<Kernel> make_through_float(const Launch& launch);

}  // namespace lazulite::cpu
