#include "lazulite/backends/cpu/primitives/convolution/dead_taps.h"

#include <cstring>
#include <vector>

#include "lazulite/backends/cpu/primitives/convolution/conv_shape.h"
#include "lazulite/backends/cpu/primitives/kernel_of.h"

namespace lazulite::cpu {
namespace {

bool meets_the_image(const ConvSizes& sizes, size_t axis, int64_t tap) {
  for (int64_t at = 0; at < sizes.out[axis]; ++at) {
    const int64_t place =
        at * sizes.stride[axis] - sizes.padding[axis] + tap * sizes.dilation[axis];
    if (place >= 0 && place < sizes.in[axis]) return true;
  }
  return false;
}

std::vector<int64_t> dead_taps(const ConvSizes& sizes) {
  std::array<std::vector<bool>, 3> meets;
  for (size_t axis = 0; axis < 3; ++axis) {
    for (int64_t tap = 0; tap < sizes.kernel[axis]; ++tap) {
      meets[axis].push_back(meets_the_image(sizes, axis, tap));
    }
  }
  std::vector<int64_t> dead;
  for (int64_t tap = 0; tap < ConvSizes::volume(sizes.kernel); ++tap) {
    const ConvSizes::Extents at = ConvSizes::place(sizes.kernel, tap);
    bool alive = true;
    for (size_t axis = 0; axis < 3; ++axis) alive = alive && meets[axis][at[axis]];
    if (!alive) dead.push_back(tap);
  }
  return dead;
}

}  // namespace

std::unique_ptr<Kernel> with_zeros_at_dead_taps(std::unique_ptr<Kernel> inner,
                                                const ConvolutionGradWeight& p,
                                                const Launch& launch) {
  const Operand& dw = launch.outputs[0];
  const ConvSizes sizes(p, launch.inputs[0].shape, dw.shape, launch.inputs[1].shape);
  std::vector<int64_t> dead = dead_taps(sizes);
  if (dead.empty()) return inner;
  return kernel_of([dw, dead = std::move(dead), taps = ConvSizes::volume(sizes.kernel),
                    kernel = std::shared_ptr<Kernel>(std::move(inner))](void* const* slots) {
    kernel->run(slots);
    const size_t bytes = static_cast<size_t>(dw.shape.back()) * size_of(dw.dtype);
    for (int64_t channel = 0; channel < dw.shape.front(); ++channel) {
      for (int64_t tap : dead) {
        std::memset(address(slots, dw) + static_cast<size_t>(channel * taps + tap) * bytes, 0,
                    bytes);
      }
    }
  });
}

}  // namespace lazulite::cpu
