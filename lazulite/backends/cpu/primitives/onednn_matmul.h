#pragma once

#include "lazulite/backends/cpu/kernels.h"

namespace lazulite::cpu {

// oneDNN's kernel of a launch of Matmul; null where our own is measured to be faster, where oneDNN
// cannot compute it, and in builds without it.
std::unique_ptr<Kernel> make_onednn_matmul(const Launch& launch);

}  // namespace lazulite::cpu
