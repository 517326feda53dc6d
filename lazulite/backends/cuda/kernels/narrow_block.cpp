#include "lazulite/backends/cuda/kernels/narrow_block.h"

#include <fmt/format.h>

#include <algorithm>

#include "lazulite/backends/cuda/kernels/prelude.h"

namespace lazulite::cuda {
namespace {

constexpr int64_t most_images = 4, most_windows = 8, warps = 4;

// A block has the part of an image that NW windows beside each other need in shared memory; each of
// its warps has an output channel, and each lane every 32nd weight of it, which are on their way
// before the image is waited for. The lanes' sums are then added in such a way that each keeps one.
constexpr const char* source = R"cuda(
struct Parameters {
  long long n, h, w, c;  // strides of the image
  int height, width, padding;
  unsigned down, across, channels;
};
constexpr int COLUMNS = 2 * NW + R1 - 1, PITCH = COLUMNS * CI, ROWS = R0 + 1;
constexpr int K = R0 * R1 * CI, TAPS = (K + 31) / 32, HELD = TAPS < 40 ? TAPS : 40;
constexpr int THREADS = 32 * WARPS, FILL = (ROWS * PITCH + THREADS - 1) / THREADS;
extern "C" __global__ void __launch_bounds__(32 * WARPS) lazulite_kernel(
    const float* x, const float* w, const float* bias, float* out, unsigned char* positions,
    const Parameters p) {
  __shared__ float image[ROWS * PITCH];
  const unsigned lane = threadIdx.x % 32, o = blockIdx.x * WARPS + threadIdx.x / 32;
  const unsigned row = blockIdx.y % p.down, first = blockIdx.y / p.down * NW, n = blockIdx.z;
  w += (long long)(o < p.channels ? o : 0) * K;
  float taps[HELD];
  auto fetch = [&](int first_tap) {
    #pragma unroll
    for (int i = 0; i < HELD; ++i) {
      const int k = (first_tap + i) * 32 + lane;
      taps[i] = k < K ? w[k] : 0.f;
    }
  };
  fetch(0);
  x += n * p.n;
  const int top = 2 * int(row) - p.padding, left = 2 * int(first) - p.padding;
  #pragma unroll FILL < 32 ? FILL : 32
  for (int j = 0; j < FILL; ++j) {
    const int i = j * THREADS + threadIdx.x;
    if (i >= ROWS * PITCH) break;
    const int y = top + i / PITCH, column = left + i % PITCH / CI;
    const bool inside = unsigned(y) < unsigned(p.height) && unsigned(column) < unsigned(p.width);
    image[i] = inside ? x[y * p.h + column * p.w + i % CI * p.c] : 0.f;
  }
  __syncthreads();
  float sums[V];
  #pragma unroll
  for (int i = 0; i < V; ++i) sums[i] = 0;
  for (int first_tap = 0; first_tap < TAPS; first_tap += HELD) {
    if (first_tap > 0) fetch(first_tap);
    #pragma unroll
    for (int i = 0; i < HELD; ++i) {
      const int k = (first_tap + i) * 32 + lane;
      if (k >= K) continue;
      const float* at = image + k + k / (R1 * CI) * (PITCH - R1 * CI);
      #pragma unroll
      for (int s = 0; s < 4 * NW; ++s) {
        sums[s] = __fmaf_rn(taps[i], at[s % 4 / 2 * PITCH + (s / 4 * 2 + s % 2) * CI], sums[s]);
      }
    }
  }
  int count = V;
  #pragma unroll
  for (int s = 16; s > 0; s /= 2) {
    if (count > 1) {
      count /= 2;
      #pragma unroll
      for (int i = 0; i < V / 2; ++i) {
        if (i >= count) continue;
        const float kept = lane & s ? sums[i + count] : sums[i];
        const float given = lane & s ? sums[i] : sums[i + count];
        sums[i] = kept + __shfl_xor_sync(~0u, given, s);
      }
    } else {
      sums[0] += __shfl_xor_sync(~0u, sums[0], s);
    }
  }
  float window[4];
  #pragma unroll
  for (int e = 0; e < 4; ++e) window[e] = __shfl_sync(~0u, sums[0], (lane * 4 + e) * (32 / V) % 32);
  if (o >= p.channels || lane >= NW || first + lane >= p.across) return;
  const long long at = ((long long)(n * p.down + row) * p.across + first + lane) * p.channels + o;
  store_window(window, bias[o], out + at, positions + at);
}
)cuda";

// Windows beside each other that a block has.
int64_t windows_of(int64_t across) { return ceil_div(across, ceil_div(across, most_windows)); }

}  // namespace

bool can_run_narrow_block(const ConvGeometry& g, const ConvOperands& o) {
  const int64_t across = o.y.shape[2] / 2;
  if (o.x.shape[0] > most_images || across == 0 || !o.w.row_major()) return false;
  for (size_t axis : {0, 1}) {
    if (g.stride[axis] != 1 || g.dilation[axis] != 1) return false;
    if (g.padding[axis] != g.padding[0]) return false;
  }
  constexpr int64_t most_bytes = 40 << 10;
  const int64_t columns = 2 * windows_of(across) + o.w.shape[2] - 1;
  const int64_t floats = (o.w.shape[1] + 1) * columns * o.w.shape[3];
  // A product that is large enough fills the device in other ways.
  constexpr int64_t most_sums = int64_t{1} << 16;
  return floats * 4 <= most_bytes && o.y.size() <= most_sums;
}

void add_narrow_block(const ConvGeometry& g, const ConvOperands& o, const Operand& bias,
                      const Operand& value, const Operand& positions, Recipe& recipe) {
  const int64_t down = value.shape[1], across = value.shape[2], channels = value.shape[3];
  const int64_t windows = windows_of(across);
  int64_t sums = 4;
  while (sums < 4 * windows) sums *= 2;
  KernelText text{
      .name = "narrow_block",
      .source =
          std::string(prelude) +
          fmt::format("#define R0 {}\n#define R1 {}\n#define CI {}\n#define NW {}\n#define V {}\n"
                      "#define WARPS {}\n#define STORES_VALUE {:d}\n#define STORES_POSITION {:d}\n"
                      "typedef float S;\ntypedef float T;\n",
                      o.w.shape[1], o.w.shape[2], o.w.shape[3], windows, sums, warps, value.used,
                      positions.used) +
          window_source + source};
  text.add_pointers(
      {pointer_to(o.x), pointer_to(o.w), pointer_to(bias), result_at(value), result_at(positions)});
  for (int64_t stride : o.x.strides) text.add_constant(stride);
  for (int64_t number :
       {o.x.shape[1], o.x.shape[2], int64_t{g.padding[0]}, down, across, channels}) {
    text.add_constant(static_cast<uint32_t>(number));
  }
  text.block = static_cast<unsigned>(32 * warps);
  text.grid[0] = static_cast<unsigned>(ceil_div(channels, warps));
  text.grid[1] = static_cast<unsigned>(down * ceil_div(across, windows));
  text.grid[2] = static_cast<unsigned>(o.x.shape[0]);
  recipe.steps.emplace_back(std::move(text));
}

}  // namespace lazulite::cuda
