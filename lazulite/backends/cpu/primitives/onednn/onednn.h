#pragma once

#include <functional>

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

using MakeKernel = std::function<std::unique_ptr<Kernel>()>;
// Whether the process ends, and oneDNN's static objects are gone or go next.
bool onednn_ends();
// A kernel of oneDNN's until then, and what `own` makes afterwards: destructors of static objects
// may compute.
std::unique_ptr<Kernel> until_onednn_ends(std::unique_ptr<Kernel> kernel, MakeKernel own);

// oneDNN's kernel, or our own where there is none.
template <class P>
std::unique_ptr<Kernel> make_onednn_or(const P& p, const Launch& launch, MakeKernel own) {
  auto kernel = onednn_ends() ? nullptr : make_onednn(p, launch);
  return kernel ? until_onednn_ends(std::move(kernel), std::move(own)) : own();
}

}  // namespace lazulite::cpu
