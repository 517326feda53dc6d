#pragma once

#include <memory>

#include "lazulite/backends/cpu/kernels.h"
#include "lazulite/ops/primitives/convolution.h"

namespace lazulite::cpu {

// Elements of a kernel that meet padding alone, for all pixels of the output, have no gradient.
// oneDNN leaves them as they were, and a product with padding is no number where the gradient of
// the output is infinite: this kernel runs `inner` and writes their zeros. `inner` itself if there
// are none.
std::unique_ptr<Kernel> with_zeros_at_dead_taps(std::unique_ptr<Kernel> inner,
                                                const ConvolutionGradWeight& p,
                                                const Launch& launch);

}  // namespace lazulite::cpu
