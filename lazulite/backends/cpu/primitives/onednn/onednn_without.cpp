#ifndef LAZULITE_WITH_ONEDNN

#include "lazulite/backends/cpu/primitives/onednn/onednn.h"

namespace lazulite::cpu {

std::unique_ptr<Kernel> make_onednn(const Matmul&, const Launch&) { return nullptr; }
std::unique_ptr<Kernel> make_onednn(const Convolution&, const Launch&) { return nullptr; }
std::unique_ptr<Kernel> make_onednn(const ConvolutionGradInput&, const Launch&) { return nullptr; }
std::unique_ptr<Kernel> make_onednn(const ConvolutionGradWeight&, const Launch&) { return nullptr; }
bool onednn_ends() { return false; }
std::unique_ptr<Kernel> until_onednn_ends(std::unique_ptr<Kernel> kernel, MakeKernel) {
  return kernel;
}

}  // namespace lazulite::cpu

#endif
