#include "lazulite/backends/cuda/kernels/window_sums.h"

#include <algorithm>

#include "lazulite/backends/cuda/kernels/parts.h"
#include "lazulite/backends/cuda/kernels/prelude.h"

namespace lazulite::cuda {
namespace {

// A block is 32 channels wide; its rows take turns, and are added in a tree.
constexpr const char* source = R"cuda(
struct Parameters {
  long long dy[4], positions[4];
  Axis width, height;
  unsigned channels, windows, chunk;
};
extern "C" __global__ void __launch_bounds__(256) lazulite_kernel(
    const float* dy, const unsigned char* positions, float* out, const Parameters p) {
  __shared__ float sums[8][32];
  const unsigned lane = threadIdx.x % 32, row = threadIdx.x / 32, c = blockIdx.x * 32 + lane;
  const unsigned from = blockIdx.y * p.chunk;
  const unsigned to = from + p.chunk < p.windows ? from + p.chunk : p.windows;
  float sum = 0;
  if (c < p.channels) {
    #pragma unroll 4
    for (unsigned i = from + row; i < to; i += 8) {
      const unsigned rest = quotient(i, p.width), x = i - rest * p.width.size;
      const unsigned n = quotient(rest, p.height), y = rest - n * p.height.size;
      const unsigned char position =
          positions[n * p.positions[0] + y * p.positions[1] + x * p.positions[2] + c * p.positions[3]];
      const float value = dy[n * p.dy[0] + y * p.dy[1] + x * p.dy[2] + c * p.dy[3]];
      if (position != 255) sum += value;
    }
  }
  sums[row][lane] = sum;
  #pragma unroll
  for (int half = 4; half > 0; half /= 2) {
    __syncthreads();
    if (row < half) sums[row][lane] += sums[row + half][lane];
  }
  if (row == 0 && c < p.channels) out[blockIdx.y * p.channels + c] = sums[0][lane];
}
)cuda";

}  // namespace

void add_window_sums(const Operand& dy, const Operand& positions, const Operand& sums,
                     Recipe& recipe) {
  constexpr int64_t least_chunk = 64, most_parts = 128;
  const int64_t channels = dy.shape[3], windows = dy.shape[0] * dy.shape[1] * dy.shape[2];
  const int64_t chunk = std::max(least_chunk, ceil_div(windows, most_parts));
  const int64_t parts = ceil_div(windows, chunk);
  Pointer partial = result_at(sums);
  if (parts > 1) {
    partial = recipe.take_workspace(static_cast<size_t>(parts * channels) * sizeof(float));
    partial.written = true;
  }
  KernelText text{.name = "bias_gradient", .source = std::string(prelude) + source};
  text.add_pointers({pointer_to(dy), pointer_to(positions), partial});
  for (const Operand* operand : {&dy, &positions}) {
    for (int64_t stride : operand->strides) text.add_constant(stride);
  }
  for (size_t axis : {2, 1}) text.add_constant(Axis(dy.shape[axis]));
  for (int64_t number : {channels, windows, chunk}) {
    text.add_constant(static_cast<uint32_t>(number));
  }
  text.grid[0] = static_cast<unsigned>(ceil_div(channels, 32));
  text.grid[1] = static_cast<unsigned>(parts);
  recipe.steps.emplace_back(std::move(text));
  if (parts == 1) return;
  add_sum_of_parts(partial, parts, channels, 0, pointer_to(sums), sums.shape, sums.strides,
                   "bias_gradient_parts", recipe);
}

}  // namespace lazulite::cuda
