#include "lazulite/backends/cpu/primitives/convolution/dead_taps.h"
#include "lazulite/backends/cpu/primitives/convolution/own_convolution.h"
#include "lazulite/backends/cpu/primitives/half/through_float.h"
#include "lazulite/backends/cpu/primitives/onednn/onednn.h"
#include "lazulite/backends/cpu/primitives/primitives.h"

namespace lazulite::cpu {
namespace {

bool accepts_convolution(const ConvGeometry& geometry, const Launch& launch) {
  return geometry.stride.size() <= 3 && is_floating(launch.outputs[0].dtype);
}

template <class P>
std::unique_ptr<Kernel> make_convolution(const P& p, const Launch& launch) {
  return make_onednn_or(p, launch, [p, &launch] {
    return is_half(launch.outputs[0].dtype) ? make_through_float(launch) : make_own(p, launch);
  });
}

}  // namespace

bool accepts(const Convolution& p, const Launch& launch) { return accepts_convolution(p, launch); }
std::unique_ptr<Kernel> make(const Convolution& p, const Launch& launch) {
  return make_convolution(p, launch);
}

bool accepts(const ConvolutionGradInput& p, const Launch& launch) {
  return accepts_convolution(p, launch);
}
std::unique_ptr<Kernel> make(const ConvolutionGradInput& p, const Launch& launch) {
  return make_convolution(p, launch);
}

bool accepts(const ConvolutionGradWeight& p, const Launch& launch) {
  return accepts_convolution(p, launch);
}
std::unique_ptr<Kernel> make(const ConvolutionGradWeight& p, const Launch& launch) {
  return with_zeros_at_dead_taps(make_convolution(p, launch), p, launch);
}

LAZULITE_CPU_KERNEL(Convolution);
LAZULITE_CPU_KERNEL(ConvolutionGradInput);
LAZULITE_CPU_KERNEL(ConvolutionGradWeight);

}  // namespace lazulite::cpu
