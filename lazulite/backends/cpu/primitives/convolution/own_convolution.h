#pragma once

#include "lazulite/backends/cpu/kernels.h"
#include "lazulite/ops/primitives/convolution.h"

namespace lazulite::cpu {

// Convolutions of float32 and float64 as products of matrices, for what oneDNN does not compute:
// the elements that meet the kernel are laid out as rows, some pixels at a time.
std::unique_ptr<Kernel> make_own(const Convolution& p, const Launch& launch);
std::unique_ptr<Kernel> make_own(const ConvolutionGradInput& p, const Launch& launch);
std::unique_ptr<Kernel> make_own(const ConvolutionGradWeight& p, const Launch& launch);

}  // namespace lazulite::cpu
