#pragma once

#include "lazulite/backends/cpu/kernels.h"
#include "lazulite/ops/primitives/convolution.h"
#include "lazulite/ops/primitives/linear.h"

namespace lazulite::cpu {

// oneDNN's kernels. Null where our own is measured to be faster, where oneDNN has only its slow
// reference code, and in builds without it.
std::unique_ptr<Kernel> make_onednn(const Matmul& p, const Launch& launch);
std::unique_ptr<Kernel> make_onednn(const Convolution& p, const Launch& launch);
std::unique_ptr<Kernel> make_onednn(const ConvolutionGradInput& p, const Launch& launch);
std::unique_ptr<Kernel> make_onednn(const ConvolutionGradWeight& p, const Launch& launch);

}  // namespace lazulite::cpu
