#include "lazulite/backends/cuda/kernels/thin_block.h"

#include <fmt/format.h>

#include <algorithm>

#include "lazulite/backends/cuda/kernels/parts.h"
#include "lazulite/backends/cuda/kernels/prelude.h"

namespace lazulite::cuda {
namespace {

// What a thread keeps in registers, and a block of an image in shared memory.
constexpr int64_t most_taps = 100;
constexpr int64_t most_bytes = 24 << 10;
constexpr int64_t threads = 256;

// A block has a band of an image, with its padding, in shared memory: as many rows as `rows` rows
// of windows need. Neighbouring threads are neighbouring output channels; what is left of a block
// divides the windows.
constexpr const char* common = R"cuda(
typedef float T;
typedef float S;
constexpr int TAPS = R0 * R1 * CI;
struct Image {
  long long n, h, w, c;  // strides
  Axis columns;          // of the band: width with padding, times channels
  int height, width, padding, pitch;
};
DEVICE void load_band(const float* x, float* band, const Image& p, unsigned n, int first, int rows) {
  x += n * p.n;
  for (unsigned i = threadIdx.x; i < rows * p.columns.size; i += blockDim.x) {
    const unsigned row = quotient(i, p.columns), rest = i - row * p.columns.size;
    const int y = first + int(row) - p.padding, column = int(rest / CI) - p.padding;
    const bool inside = unsigned(y) < unsigned(p.height) && unsigned(column) < unsigned(p.width);
    band[row * p.pitch + rest] = inside ? x[y * p.h + column * p.w + rest % CI * p.c] : 0.f;
  }
  __syncthreads();
}
)cuda";

constexpr const char* forward = R"cuda(
struct Parameters {
  Image image;
  long long wo, wr, ws, wc;
  Axis across;  // windows of a row
  unsigned down, rows, channels;
};
extern "C" __global__ void __launch_bounds__(256) lazulite_kernel(
    const float* x, const float* w, const float* bias, float* out, unsigned char* positions,
    const Parameters p) {
  __shared__ float band[BAND];
  const unsigned n = blockIdx.y, top = blockIdx.x * p.rows;
  const unsigned rows = top + p.rows < p.down ? p.rows : p.down - top;
  load_band(x, band, p.image, n, 2 * top, 2 * rows + R0 - 1);
  const unsigned slot = threadIdx.x / WIDTH, slots = blockDim.x / WIDTH;
  const unsigned c = blockIdx.z * WIDTH + threadIdx.x % WIDTH;
  if (c >= p.channels || slot >= slots) return;
  float taps[TAPS];
  #pragma unroll
  for (int i = 0; i < TAPS; ++i) {
    taps[i] = w[c * p.wo + i / (R1 * CI) * p.wr + i / CI % R1 * p.ws + i % CI * p.wc];
  }
  const float b = bias[c];
  const long long first = ((long long)n * p.down + top) * p.across.size;
  for (unsigned i = slot; i < rows * p.across.size; i += slots) {
    const unsigned row = quotient(i, p.across), column = i - row * p.across.size;
    const float* from = band + 2 * row * p.image.pitch + 2 * column * CI;
    float sums[4] = {0, 0, 0, 0};
    #pragma unroll
    for (int y = 0; y < R0 + 1; ++y) {
      #pragma unroll
      for (int at = 0; at < (R1 + 1) * CI; ++at) {
        const float value = from[y * p.image.pitch + at];
        #pragma unroll
        for (int e = 0; e < 4; ++e) {
          const int r = y - e / 2, s = at - e % 2 * CI;
          if (r >= 0 && r < R0 && s >= 0 && s < R1 * CI) {
            sums[e] = __fmaf_rn(value, taps[r * R1 * CI + s], sums[e]);
          }
        }
      }
    }
    const long long at = (first + i) * p.channels + c;
    store_window(sums, b, out + at, positions + at);
  }
}
)cuda";

constexpr const char* backward = R"cuda(
struct Parameters {
  Image image;
  long long dy[4], positions[4];
  Axis across;
  unsigned down, rows, channels;
};
extern "C" __global__ void __launch_bounds__(256) lazulite_kernel(
    const float* x, const float* dy, const unsigned char* positions, float* partial,
    const Parameters p) {
  __shared__ float band[BAND];
  const unsigned n = blockIdx.y, top = blockIdx.x * p.rows;
  const unsigned rows = top + p.rows < p.down ? p.rows : p.down - top;
  load_band(x, band, p.image, n, 2 * top, 2 * rows + R0 - 1);
  const unsigned slot = threadIdx.x / WIDTH, slots = blockDim.x / WIDTH;
  const unsigned c = blockIdx.z * WIDTH + threadIdx.x % WIDTH;
  float sums[TAPS + 1];
  #pragma unroll
  for (int i = 0; i <= TAPS; ++i) sums[i] = 0;
  if (c < p.channels && slot < slots) {
    dy += n * p.dy[0] + c * p.dy[3];
    positions += n * p.positions[0] + c * p.positions[3];
    for (unsigned i = slot; i < rows * p.across.size; i += slots) {
      const unsigned row = quotient(i, p.across), column = i - row * p.across.size;
      const unsigned char e =
          positions[(top + row) * p.positions[1] + column * p.positions[2]];
      const float value = dy[(top + row) * p.dy[1] + column * p.dy[2]];
      if (e == 255) continue;
      const float* from = band + (2 * row + e / 2) * p.image.pitch + (2 * column + e % 2) * CI;
      #pragma unroll
      for (int r = 0; r < R0; ++r) {
        #pragma unroll
        for (int s = 0; s < R1 * CI; ++s) {
          sums[r * R1 * CI + s] =
              __fmaf_rn(value, from[r * p.image.pitch + s], sums[r * R1 * CI + s]);
        }
      }
      sums[TAPS] += value;
    }
  }
  // The slots' sums are added in order, as many taps at a time as the band's memory holds.
  constexpr int HELD = BAND / 256;
  const unsigned channels = p.channels - blockIdx.z * WIDTH < WIDTH ? p.channels - blockIdx.z * WIDTH : WIDTH;
  partial += ((long long)n * gridDim.x + blockIdx.x) * (TAPS + 1) * p.channels + blockIdx.z * WIDTH;
  #pragma unroll
  for (int first = 0; first <= TAPS; first += HELD) {
    __syncthreads();
    #pragma unroll
    for (int i = 0; i < HELD; ++i) {
      if (first + i <= TAPS) band[i * 256 + threadIdx.x] = sums[first + i];
    }
    __syncthreads();
    const int held = TAPS + 1 - first < HELD ? TAPS + 1 - first : HELD;
    for (unsigned i = threadIdx.x; i < held * channels; i += 256) {
      const unsigned tap = i / channels, own = i - tap * channels;
      float sum = 0;
      #pragma unroll 4
      for (unsigned k = 0; k < 256 / WIDTH; ++k) sum += band[tap * 256 + k * WIDTH + own];
      partial[(first + tap) * p.channels + own] = sum;
    }
  }
}
)cuda";

// Output channels of a block.
int64_t width_of(int64_t channels) { return ceil_div(channels, ceil_div(channels, 64)); }

struct Bands {
  int64_t pitch, rows, count, bytes;
  // `down` rows of windows.
  Bands(const Operand& x, int64_t padding, const Operand& w, int64_t down)
      : pitch((x.shape[2] + 2 * padding) * x.shape[3] | 1) {
    const int64_t row = pitch * static_cast<int64_t>(sizeof(float));
    const int64_t fitting = (most_bytes / row - w.shape[1] + 1) / 2;
    // Few rows of windows for each block, so that there are many blocks.
    constexpr int64_t least_blocks = 256;
    const int64_t wanted = std::max<int64_t>(down * x.shape[0] / least_blocks, 2);
    rows = std::min({fitting, wanted, down});
    count = rows > 0 ? ceil_div(down, rows) : 0;
    if (rows > 0) rows = ceil_div(down, count);
    bytes = (2 * rows + w.shape[1] - 1) * row;
  }
};

std::string head(const Operand& w, int64_t width) {
  return std::string(prelude) +
         fmt::format(
             "#define R0 {}\n#define R1 {}\n#define CI {}\n#define WIDTH {}\n"
             "#define BAND {}\n",
             w.shape[1], w.shape[2], w.shape[3], width, most_bytes / sizeof(float)) +
         common;
}

void add_image(KernelText& text, const Operand& x, int64_t padding, int64_t pitch) {
  struct Image {
    int64_t strides[4];
    Axis columns{1};
    int32_t height, width, padding, pitch;
  } image{};
  for (size_t axis = 0; axis < 4; ++axis) image.strides[axis] = x.strides[axis];
  image.columns = Axis((x.shape[2] + 2 * padding) * x.shape[3]);
  image.height = static_cast<int32_t>(x.shape[1]);
  image.width = static_cast<int32_t>(x.shape[2]);
  image.padding = static_cast<int32_t>(padding);
  image.pitch = static_cast<int32_t>(pitch);
  text.add_constant(image);
}

void add_numbers(KernelText& text, std::initializer_list<int64_t> numbers) {
  for (int64_t number : numbers) text.add_constant(static_cast<uint32_t>(number));
}

// The blocks: bands, images, channels.
void set_grid(KernelText& text, const Bands& bands, int64_t images, int64_t channels,
              int64_t width) {
  text.block = threads;
  text.grid[0] = static_cast<unsigned>(bands.count);
  text.grid[1] = static_cast<unsigned>(images);
  text.grid[2] = static_cast<unsigned>(ceil_div(channels, width));
}

}  // namespace

bool can_run_thin_block(const ConvGeometry& g, const ConvOperands& o) {
  constexpr int64_t most_channels = 4, most_images = 65535;
  for (size_t axis : {0, 1}) {
    if (g.stride[axis] != 1 || g.dilation[axis] != 1) return false;
    if (g.padding[axis] != g.padding[0]) return false;
  }
  return o.x.shape[3] <= most_channels &&
         element_count({o.w.shape[1], o.w.shape[2], o.w.shape[3]}) <= most_taps &&
         o.x.shape[0] <= most_images && Bands(o.x, g.padding[0], o.w, o.y.shape[1] / 2).rows > 0;
}

void add_thin_block(const ConvGeometry& g, const ConvOperands& o, const Operand& bias,
                    const Operand& value, const Operand& positions, Recipe& recipe) {
  const Bands bands(o.x, g.padding[0], o.w, value.shape[1]);
  const int64_t channels = o.w.shape[0], width = width_of(channels);
  KernelText text{.name = "thin_block",
                  .source = head(o.w, width) +
                            fmt::format("#define STORES_VALUE {:d}\n#define STORES_POSITION {:d}\n",
                                        value.used, positions.used) +
                            window_source + forward};
  text.add_pointers(
      {pointer_to(o.x), pointer_to(o.w), pointer_to(bias), result_at(value), result_at(positions)});
  add_image(text, o.x, g.padding[0], bands.pitch);
  for (int64_t stride : o.w.strides) text.add_constant(stride);
  text.add_constant(Axis(value.shape[2]));
  add_numbers(text, {value.shape[1], bands.rows, channels});
  set_grid(text, bands, o.x.shape[0], channels, width);
  recipe.steps.emplace_back(std::move(text));
}

void add_thin_gradients(const ConvGeometry& g, const ConvOperands& o, const Operand& dy,
                        const Operand& positions, const Operand* dw, const Operand* db,
                        Recipe& recipe) {
  const Bands bands(o.x, g.padding[0], o.w, dy.shape[1]);
  const int64_t channels = o.w.shape[0], width = width_of(channels);
  const int64_t taps = o.w.shape[1] * o.w.shape[2] * o.w.shape[3];
  const int64_t parts = bands.count * o.x.shape[0], part = (taps + 1) * channels;
  const Pointer partial = recipe.take_workspace(static_cast<size_t>(parts * part) * sizeof(float));
  KernelText text{.name = "thin_block_gradients", .source = head(o.w, width) + backward};
  text.add_pointers({pointer_to(o.x), pointer_to(dy), pointer_to(positions), partial.as_result()});
  add_image(text, o.x, g.padding[0], bands.pitch);
  for (const Operand* operand : {&dy, &positions}) {
    for (int64_t stride : operand->strides) text.add_constant(stride);
  }
  text.add_constant(Axis(dy.shape[2]));
  add_numbers(text, {dy.shape[1], bands.rows, channels});
  set_grid(text, bands, o.x.shape[0], channels, width);
  recipe.steps.emplace_back(std::move(text));
  if (dw) {
    const Strides& to = dw->strides;
    Strides strides{to[1], to[2], to[3], to[0]};
    add_sum_of_parts(partial, parts, part, 0, pointer_to(*dw),
                     {o.w.shape[1], o.w.shape[2], o.w.shape[3], channels}, strides,
                     "weight_gradient_parts", recipe);
  }
  if (db) {
    add_sum_of_parts(partial, parts, part, taps * channels, pointer_to(*db), {channels},
                     db->strides, "bias_gradient_parts", recipe);
  }
}

}  // namespace lazulite::cuda
