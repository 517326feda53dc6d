#include "lazulite/backends/cuda/kernels/thin_block.h"

#include <fmt/format.h>

#include "lazulite/backends/cuda/kernels/parts.h"
#include "lazulite/backends/cuda/kernels/prelude.h"
#include "lazulite/backends/cuda/kernels/thin_bands.h"

namespace lazulite::cuda {
namespace {

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
    add_four_outputs(from, p.image.pitch, taps, sums);
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
  store_part(sums, band, partial, p.channels);
}
)cuda";

int64_t columns_of(const Operand& x, const ConvGeometry& g) {
  return x.shape[2] + 2 * g.padding[0];
}

}  // namespace

bool can_run_thin_block(const ConvGeometry& g, const ConvOperands& o) {
  return is_thin(g, o) && ThinBands(o, g.padding[0], o.y.shape[1] / 2, columns_of(o.x, g)).rows > 0;
}

void add_thin_block(const ConvGeometry& g, const ConvOperands& o, const Operand& bias,
                    const Operand& value, const Operand& positions, Recipe& recipe) {
  const ThinBands bands(o, g.padding[0], value.shape[1], columns_of(o.x, g));
  const int64_t channels = o.w.shape[0], width = thin_width(channels);
  KernelText text{.name = "thin_block",
                  .source = thin_head(o.w, width) +
                            fmt::format("#define STORES_VALUE {:d}\n#define STORES_POSITION {:d}\n",
                                        value.used, positions.used) +
                            window_source + forward};
  text.add_pointers(
      {pointer_to(o.x), pointer_to(o.w), pointer_to(bias), result_at(value), result_at(positions)});
  bands.add_image(text, o.x);
  for (int64_t stride : o.w.strides) text.add_constant(stride);
  text.add_constant(Axis(value.shape[2]));
  for (int64_t number : {value.shape[1], bands.rows, channels}) {
    text.add_constant(static_cast<uint32_t>(number));
  }
  bands.set_grid(text, o.x.shape[0], channels, width);
  recipe.steps.emplace_back(std::move(text));
}

void add_thin_gradients(const ConvGeometry& g, const ConvOperands& o, const Operand& dy,
                        const Operand& positions, const Operand* dw, const Operand* db,
                        Recipe& recipe) {
  const ThinBands bands(o, g.padding[0], dy.shape[1], columns_of(o.x, g));
  const int64_t channels = o.w.shape[0], width = thin_width(channels);
  const int64_t taps = o.w.shape[1] * o.w.shape[2] * o.w.shape[3];
  const int64_t parts = bands.count * o.x.shape[0], part = (taps + 1) * channels;
  const Pointer partial = recipe.take_workspace(static_cast<size_t>(parts * part) * sizeof(float));
  KernelText text{.name = "thin_block_gradients", .source = thin_head(o.w, width) + backward};
  text.add_pointers({pointer_to(o.x), pointer_to(dy), pointer_to(positions), partial.as_result()});
  bands.add_image(text, o.x);
  for (const Operand* operand : {&dy, &positions}) {
    for (int64_t stride : operand->strides) text.add_constant(stride);
  }
  text.add_constant(Axis(dy.shape[2]));
  for (int64_t number : {dy.shape[1], bands.rows, channels}) {
    text.add_constant(static_cast<uint32_t>(number));
  }
  bands.set_grid(text, o.x.shape[0], channels, width);
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
