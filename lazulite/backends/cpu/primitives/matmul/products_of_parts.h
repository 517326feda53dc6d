#pragma once

#include <memory>

#include "lazulite/backends/cpu/kernels.h"
#include "lazulite/ops/primitives/call.h"

namespace lazulite::cpu {

// gather_mm, segmented_mm and block_masked_mm: only what indices, segments and masks choose is read
// and multiplied. Of float32 and float64, and of the halves through float32.
std::unique_ptr<Kernel> make_gather_mm(const Launch& launch);
std::unique_ptr<Kernel> make_segmented_mm(const Launch& launch);
std::unique_ptr<Kernel> make_block_masked_mm(const Call& call, const Launch& launch);

}  // namespace lazulite::cpu
