#include "lazulite/backends/cuda/kernels/thin_bands.h"

#include <fmt/format.h>

#include <algorithm>

#include "lazulite/backends/cuda/kernels/prelude.h"

namespace lazulite::cuda {
namespace {

// What a thread keeps in registers, and a block of an image in shared memory.
constexpr int64_t most_taps = 100;
constexpr int64_t most_bytes = 24 << 10;
constexpr int64_t threads = 256;

// A band has as many rows as `rows` rows of windows need. Neighbouring threads are neighbouring
// output channels; what is left of a block divides the windows.
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
// Adds the outputs, two by two, of windows that begin at `from`: they share what is read.
DEVICE void add_four_outputs(const float* from, int pitch, const float (&taps)[TAPS],
                             float (&sums)[4]) {
  #pragma unroll
  for (int y = 0; y < R0 + 1; ++y) {
    #pragma unroll
    for (int at = 0; at < (R1 + 1) * CI; ++at) {
      const float value = from[y * pitch + at];
      #pragma unroll
      for (int e = 0; e < 4; ++e) {
        const int r = y - e / 2, s = at - e % 2 * CI;
        if (r >= 0 && r < R0 && s >= 0 && s < R1 * CI) {
          sums[e] = __fmaf_rn(value, taps[r * R1 * CI + s], sums[e]);
        }
      }
    }
  }
}
// Adds what the threads have of COUNT sums of each channel, in order, as many sums at a time as the
// band's memory holds, and stores it as the block's part.
template <int COUNT>
DEVICE void store_part(const float (&sums)[COUNT], float* band, float* partial, unsigned all) {
  constexpr int HELD = BAND / 256;
  const unsigned left = all - blockIdx.z * WIDTH, channels = left < WIDTH ? left : WIDTH;
  partial += ((long long)blockIdx.y * gridDim.x + blockIdx.x) * COUNT * all + blockIdx.z * WIDTH;
  #pragma unroll
  for (int first = 0; first < COUNT; first += HELD) {
    __syncthreads();
    #pragma unroll
    for (int i = 0; i < HELD; ++i) {
      if (first + i < COUNT) band[i * 256 + threadIdx.x] = sums[first + i];
    }
    __syncthreads();
    const int held = COUNT - first < HELD ? COUNT - first : HELD;
    for (unsigned i = threadIdx.x; i < held * channels; i += 256) {
      const unsigned tap = i / channels, own = i - tap * channels;
      float sum = 0;
      #pragma unroll 4
      for (unsigned k = 0; k < 256 / WIDTH; ++k) sum += band[tap * 256 + k * WIDTH + own];
      partial[(first + tap) * all + own] = sum;
    }
  }
}
)cuda";

}  // namespace

bool is_thin(const ConvGeometry& g, const ConvOperands& o) {
  constexpr int64_t most_channels = 4, most_images = 65535;
  if (g.stride.size() != 2 || g.groups != 1 || o.x.dtype != Dtype::float32) return false;
  for (size_t axis : {0, 1}) {
    if (g.stride[axis] != 1 || g.dilation[axis] != 1) return false;
    if (g.padding[axis] != g.padding[0]) return false;
  }
  return o.x.shape[3] <= most_channels &&
         element_count({o.w.shape[1], o.w.shape[2], o.w.shape[3]}) <= most_taps &&
         o.x.shape[0] <= most_images;
}

int64_t thin_width(int64_t channels) { return ceil_div(channels, ceil_div(channels, 64)); }

ThinBands::ThinBands(const ConvOperands& o, int64_t padding_, int64_t down, int64_t columns_)
    : padding(padding_), columns(columns_), pitch((columns_ * o.x.shape[3]) | 1) {
  const int64_t row = pitch * static_cast<int64_t>(sizeof(float));
  const int64_t fitting = (most_bytes / row - o.w.shape[1] + 1) / 2;
  // Few rows of windows for each block, so that there are many blocks.
  constexpr int64_t least_blocks = 256;
  const int64_t wanted = std::max<int64_t>(down * o.x.shape[0] / least_blocks, 2);
  rows = std::min({fitting, wanted, down});
  count = rows > 0 ? ceil_div(down, rows) : 0;
  if (rows > 0) rows = ceil_div(down, count);
}

void ThinBands::add_image(KernelText& text, const Operand& x) const {
  struct Image {
    int64_t strides[4];
    Axis columns{1};
    int32_t height, width, padding, pitch;
  } image{};
  for (size_t axis = 0; axis < 4; ++axis) image.strides[axis] = x.strides[axis];
  image.columns = Axis(columns * x.shape[3]);
  image.height = static_cast<int32_t>(x.shape[1]);
  image.width = static_cast<int32_t>(x.shape[2]);
  image.padding = static_cast<int32_t>(padding);
  image.pitch = static_cast<int32_t>(pitch);
  text.add_constant(image);
}

void ThinBands::set_grid(KernelText& text, int64_t images, int64_t channels, int64_t width) const {
  text.block = threads;
  text.grid[0] = static_cast<unsigned>(count);
  text.grid[1] = static_cast<unsigned>(images);
  text.grid[2] = static_cast<unsigned>(ceil_div(channels, width));
}

std::string thin_head(const Operand& w, int64_t width) {
  return std::string(prelude) +
         fmt::format(
             "#define R0 {}\n#define R1 {}\n#define CI {}\n#define WIDTH {}\n"
             "#define BAND {}\n",
             w.shape[1], w.shape[2], w.shape[3], width, most_bytes / sizeof(float)) +
         common;
}

}  // namespace lazulite::cuda
