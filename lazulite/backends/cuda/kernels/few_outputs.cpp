#include "lazulite/backends/cuda/kernels/few_outputs.h"

#include <fmt/format.h>

#include <cstdlib>

#include "lazulite/backends/cuda/kernels/prelude.h"

namespace lazulite::cuda {
namespace {

constexpr int64_t tile = 16, most_window = 5, most_at_once = 4, most_outputs = 7;

// A block makes a tile of 16 by 16 pixels. Of as many channels as it has in shared memory at once,
// each of four groups of threads takes a quarter; a thread has four pixels of a column, so that
// neighbours meet in no bank. The next channels are on their way meanwhile; where a thread reads
// them does not change. The groups' sums are added in order.
constexpr const char* source = R"cuda(
struct Parameters {
  long long xn, xh, xw, xc, first, wo, wr, ws, wc;
  Axis across;  // tiles of a row
  int height, width, padding_down, padding_across, out_height, out_width, channels;
};
constexpr int TILE = 16, SLICES = 4, CHUNK = 16, PITCH = 20, COLUMNS = TILE + R1 - 1;
constexpr int PLANE = (TILE + R0 - 1) * PITCH | 1;
constexpr int PIXELS = (TILE + R0 - 1) * COLUMNS, LOADS = (PIXELS + 15) / 16;
constexpr int TAPS = R0 * R1 * CO, TAP_LOADS = (TAPS + 15) / 16;
// Taps of a place for all outputs are read at once.
constexpr int WIDE = CO == 3 ? 4 : CO;
typedef Pack<float, WIDE> Taps;
extern "C" __global__ void __launch_bounds__(256) lazulite_kernel(
    const float* x, const float* w, float* out, const Parameters p) {
  __shared__ float planes[CHUNK * PLANE];
  __shared__ Taps weights[CHUNK * R0 * R1];
  const int t = threadIdx.x, slice = t / 64, column = t % 16, first_row = t / 16 % 4 * 4;
  const int own = t % CHUNK, nth = t / CHUNK, first_output = blockIdx.z * CO;
  const unsigned down = quotient(blockIdx.x, p.across);
  const int top = down * TILE, left = (blockIdx.x - down * p.across.size) * TILE;
  x += blockIdx.y * p.xn + own * p.xc;
  w += p.first + own * p.wc;
  // The pixels of this thread, and behind them, outside of the image, none.
  constexpr int NONE = -2147483647 - 1;
  int places[LOADS];
  #pragma unroll
  for (int j = 0; j < LOADS; ++j) {
    const int i = nth + j * 16, from_row = top + i / COLUMNS - p.padding_down;
    const int from = left + i % COLUMNS - p.padding_across;
    const bool inside = i < PIXELS && unsigned(from_row) < unsigned(p.height) &&
                        unsigned(from) < unsigned(p.width);
    places[j] = inside ? int(from_row * p.xh + from * p.xw) : NONE;
  }
  float next[LOADS], next_taps[TAP_LOADS];
  auto fetch = [&](int c0) {
    const bool there = c0 + own < p.channels;
    const float* const from = x + c0 * p.xc;
    #pragma unroll
    for (int j = 0; j < LOADS; ++j) next[j] = there && places[j] != NONE ? from[places[j]] : 0.f;
    const float* const taps = w + c0 * p.wc;
    #pragma unroll
    for (int j = 0; j < TAP_LOADS; ++j) {
      const int i = nth + j * 16, o = i % CO, s = i / CO % R1, r = i / (CO * R1);
      const bool made = OUTPUTS % CO == 0 || first_output + o < OUTPUTS;
      next_taps[j] = there && i < TAPS && made
                         ? taps[(first_output + o) * p.wo + r * p.wr + s * p.ws]
                         : 0.f;
    }
  };
  float sums[4][CO];
  #pragma unroll
  for (int i = 0; i < 4 * CO; ++i) sums[i / CO][i % CO] = 0;
  fetch(0);
  for (int c0 = 0; c0 < p.channels; c0 += CHUNK) {
    #pragma unroll
    for (int j = 0; j < LOADS; ++j) {
      const int i = nth + j * 16;
      if (i < PIXELS) planes[own * PLANE + i / COLUMNS * PITCH + i % COLUMNS] = next[j];
    }
    #pragma unroll
    for (int j = 0; j < TAP_LOADS; ++j) {
      const int i = nth + j * 16;
      if (i < TAPS) weights[own * R0 * R1 + i / CO].items[i % CO] = next_taps[j];
    }
    __syncthreads();
    if (c0 + CHUNK < p.channels) fetch(c0 + CHUNK);
    #pragma unroll 2
    for (int c = slice * (CHUNK / SLICES); c < (slice + 1) * (CHUNK / SLICES); ++c) {
      const float* plane = planes + c * PLANE + first_row * PITCH + column;
      #pragma unroll
      for (int s = 0; s < R1; ++s) {
        float values[R0 + 3];
        #pragma unroll
        for (int i = 0; i < R0 + 3; ++i) values[i] = plane[i * PITCH + s];
        #pragma unroll
        for (int r = 0; r < R0; ++r) {
          const Taps taps = weights[c * R0 * R1 + r * R1 + s];
          #pragma unroll
          for (int o = 0; o < CO; ++o) {
            #pragma unroll
            for (int e = 0; e < 4; ++e) {
              sums[e][o] = __fmaf_rn(values[r + e], taps.items[o], sums[e][o]);
            }
          }
        }
      }
    }
    __syncthreads();
  }
  #pragma unroll
  for (int i = 0; i < 4 * CO; ++i) {
    if (slice > 0) planes[((slice - 1) * 4 * CO + i) * 64 + t % 64] = sums[i / CO][i % CO];
  }
  __syncthreads();
  if (slice > 0 || left + column >= p.out_width) return;
  #pragma unroll
  for (int i = 0; i < 4 * CO; ++i) {
    const int row = top + first_row + i / CO;
    float sum = sums[i / CO][i % CO];
    #pragma unroll
    for (int k = 0; k < SLICES - 1; ++k) sum += planes[(k * 4 * CO + i) * 64 + t];
    if (row >= p.out_height || first_output + i % CO >= OUTPUTS) continue;
    const long long pixel = ((long long)blockIdx.y * p.out_height + row) * p.out_width + left + column;
    out[pixel * OUTPUTS + first_output + i % CO] = sum;
  }
}
)cuda";

bool can_run(const ConvGeometry& g, const ConvOperands& o, const Operand& result) {
  if (g.stride.size() != 2 || g.groups != 1 || o.x.dtype != Dtype::float32) return false;
  for (size_t axis : {0, 1}) {
    if (g.stride[axis] != 1 || g.dilation[axis] != 1) return false;
    if (o.w.shape[axis + 1] > most_window) return false;
  }
  // Places of pixels in an image have 32 bits.
  const Operand& from = &result == &o.y ? o.x : o.y;
  int64_t reach = 0;
  for (size_t axis : {1, 2}) reach += (from.shape[axis] - 1) * std::abs(from.strides[axis]);
  if (reach > most_elements) return false;
  // Measured on an H100: as fast as products whose sums are cut into parts at 16 blocks, of 3 by 3
  // windows over 64 channels; at 32, of 5 by 5 over 256 too, faster.
  constexpr int64_t least_blocks = 32, most_images = 65535;
  const int64_t blocks =
      result.shape[0] * ceil_div(result.shape[1], tile) * ceil_div(result.shape[2], tile);
  return result.shape[3] <= most_outputs && result.shape[0] <= most_images &&
         blocks >= least_blocks;
}

// What is summed, as if it were a convolution's: the weights' first element and strides.
struct Weights {
  Pointer at;
  int64_t first, out, row, column, in;
};

void add(const Operand& x, const Weights& w, const Shape& window, const int64_t (&padding)[2],
         const Operand& result, const char* name, Recipe& recipe) {
  const int64_t outputs = result.shape[3], groups = ceil_div(outputs, most_at_once);
  KernelText text{.name = name,
                  .source = std::string(prelude) +
                            fmt::format("#define R0 {}\n#define R1 {}\n#define CO {}\n"
                                        "constexpr int OUTPUTS = {};\n",
                                        window[0], window[1], ceil_div(outputs, groups), outputs) +
                            source};
  text.add_pointers({pointer_to(x), w.at, result_at(result)});
  for (int64_t stride : x.strides) text.add_constant(stride);
  for (int64_t number : {w.first, w.out, w.row, w.column, w.in}) text.add_constant(number);
  const int64_t across = ceil_div(result.shape[2], tile);
  text.add_constant(Axis(across));
  for (int64_t number : {x.shape[1], x.shape[2], padding[0], padding[1], result.shape[1],
                         result.shape[2], x.shape[3]}) {
    text.add_constant(static_cast<int32_t>(number));
  }
  text.grid[0] = static_cast<unsigned>(across * ceil_div(result.shape[1], tile));
  text.grid[1] = static_cast<unsigned>(result.shape[0]);
  text.grid[2] = static_cast<unsigned>(groups);
  recipe.steps.emplace_back(std::move(text));
}

}  // namespace

bool can_run_few_outputs(const ConvGeometry& g, const ConvOperands& o) {
  return can_run(g, o, o.y);
}

bool can_run_few_inputs_gradient(const ConvGeometry& g, const ConvOperands& o) {
  return can_run(g, o, o.x);
}

void add_few_outputs(const ConvGeometry& g, const ConvOperands& o, Recipe& recipe) {
  const Strides& w = o.w.strides;
  add(o.x, {pointer_to(o.w), 0, w[0], w[1], w[2], w[3]}, {o.w.shape[1], o.w.shape[2]},
      {g.padding[0], g.padding[1]}, o.y, "few_outputs", recipe);
}

// A convolution of the output's gradient with the windows read backwards.
void add_few_inputs_gradient(const ConvGeometry& g, const ConvOperands& o, Recipe& recipe) {
  const Strides& w = o.w.strides;
  const int64_t rows = o.w.shape[1], columns = o.w.shape[2];
  add(o.y, {pointer_to(o.w), (rows - 1) * w[1] + (columns - 1) * w[2], w[3], -w[1], -w[2], w[0]},
      {rows, columns}, {rows - 1 - g.padding[0], columns - 1 - g.padding[1]}, o.x,
      "few_inputs_gradient", recipe);
}

}  // namespace lazulite::cuda
