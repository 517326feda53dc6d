#pragma once

#include <memory>

#include "lazulite/backends/cpu/kernels.h"
#include "lazulite/ops/primitives/call.h"

// The calls conv_block and conv_block_grad, by the kernels of conv/.
namespace lazulite::cpu {

bool accepts_conv_block(const Call& call, const Launch& launch);
// Images as lanes: everything with an image axis but the channels-last images of a first layer may
// stay in that layout.
bool conv_block_accepts_layout(const Call& call, const Launch& launch, size_t index, bool output);
std::unique_ptr<Kernel> make_conv_block(const Call& call, const Launch& launch);

}  // namespace lazulite::cpu
