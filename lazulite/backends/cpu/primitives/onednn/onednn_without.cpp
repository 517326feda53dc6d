#ifndef LAZULITE_WITH_ONEDNN

#include "lazulite/backends/cpu/primitives/onednn/onednn.h"

namespace lazulite::cpu {

std::unique_ptr<Kernel> make_onednn(const Matmul&, const Launch&) { return nullptr; }
std::unique_ptr<Kernel> make_onednn(const Convolution&, const Launch&) { return nullptr; }
std::unique_ptr<Kernel> make_onednn(const ConvolutionGradInput&, const Launch&) { return nullptr; }
std::unique_ptr<Kernel> make_onednn(const ConvolutionGradWeight&, const Launch&) { return nullptr; }

}  // namespace lazulite::cpu

#endif
