#pragma once

#include <memory>

#include "lazulite/backends/cpu/kernels.h"
#include "lazulite/ops/primitives/call.h"

namespace lazulite::cpu {

// Products with matrices of codes, of which a few blocks at a time become numbers. Of float32 and
// the halves, which are computed in float32.
bool accepts_quantized_matmul(const Launch& launch);
std::unique_ptr<Kernel> make_quantized_matmul(const Call& call, const Launch& launch);

}  // namespace lazulite::cpu
