#include "lazulite/backends/cuda/kernels/thin_convolution.h"

#include "lazulite/backends/cuda/kernels/parts.h"
#include "lazulite/backends/cuda/kernels/thin_bands.h"

namespace lazulite::cuda {
namespace {

// Four outputs at once, two by two, share what is read of the band.
constexpr const char* forward = R"cuda(
struct Parameters {
  Image image;
  long long wo, wr, ws, wc;
  Axis across;  // pairs of a row
  unsigned height, width, rows, channels;
};
extern "C" __global__ void __launch_bounds__(256) lazulite_kernel(
    const float* x, const float* w, float* out, const Parameters p) {
  __shared__ float band[BAND];
  const unsigned n = blockIdx.y, top = 2 * blockIdx.x * p.rows;
  const unsigned left = (p.height - top + 1) / 2, rows = p.rows < left ? p.rows : left;
  load_band(x, band, p.image, n, top, 2 * rows + R0 - 1);
  const unsigned slot = threadIdx.x / WIDTH, slots = blockDim.x / WIDTH;
  const unsigned c = blockIdx.z * WIDTH + threadIdx.x % WIDTH;
  if (c >= p.channels || slot >= slots) return;
  float taps[TAPS];
  #pragma unroll
  for (int i = 0; i < TAPS; ++i) {
    taps[i] = w[c * p.wo + i / (R1 * CI) * p.wr + i / CI % R1 * p.ws + i % CI * p.wc];
  }
  out += ((long long)n * p.height + top) * p.width * p.channels + c;
  for (unsigned i = slot; i < rows * p.across.size; i += slots) {
    const unsigned row = 2 * quotient(i, p.across), column = 2 * (i - row / 2 * p.across.size);
    const float* from = band + row * p.image.pitch + column * CI;
    float sums[4] = {0, 0, 0, 0};
    add_four_outputs(from, p.image.pitch, taps, sums);
    #pragma unroll
    for (int e = 0; e < 4; ++e) {
      const unsigned y = row + e / 2, at = column + e % 2;
      if (top + y < p.height && at < p.width) {
        out[((long long)y * p.width + at) * p.channels] = sums[e];
      }
    }
  }
}
)cuda";

// A thread takes four outputs of a row at once.
constexpr const char* weight_gradient = R"cuda(
struct Parameters {
  Image image;
  long long yn, yh, yw, yc;
  Axis across;  // fours of a row
  unsigned height, width, rows, channels;
};
extern "C" __global__ void __launch_bounds__(256) lazulite_kernel(
    const float* x, const float* dy, float* partial, const Parameters p) {
  __shared__ float band[BAND];
  const unsigned n = blockIdx.y, top = 2 * blockIdx.x * p.rows;
  const unsigned rows = 2 * p.rows < p.height - top ? 2 * p.rows : p.height - top;
  load_band(x, band, p.image, n, top, rows + R0 - 1);
  const unsigned slot = threadIdx.x / WIDTH, slots = blockDim.x / WIDTH;
  const unsigned c = blockIdx.z * WIDTH + threadIdx.x % WIDTH;
  float sums[TAPS];
  #pragma unroll
  for (int i = 0; i < TAPS; ++i) sums[i] = 0;
  if (c < p.channels && slot < slots) {
    dy += n * p.yn + top * p.yh + c * p.yc;
    for (unsigned i = slot; i < rows * p.across.size; i += slots) {
      const unsigned row = quotient(i, p.across), column = 4 * (i - row * p.across.size);
      float values[4];
      #pragma unroll
      for (int e = 0; e < 4; ++e) {
        values[e] = column + e < p.width ? dy[row * p.yh + (column + e) * p.yw] : 0.f;
      }
      const float* from = band + row * p.image.pitch + column * CI;
      #pragma unroll
      for (int r = 0; r < R0; ++r) {
        #pragma unroll
        for (int at = 0; at < (R1 + 3) * CI; ++at) {
          const float value = from[r * p.image.pitch + at];
          #pragma unroll
          for (int e = 0; e < 4; ++e) {
            const int s = at - e * CI;
            if (s >= 0 && s < R1 * CI) {
              sums[r * R1 * CI + s] = __fmaf_rn(values[e], value, sums[r * R1 * CI + s]);
            }
          }
        }
      }
    }
  }
  store_part(sums, band, partial, p.channels);
}
)cuda";

// As many columns as the outputs read that a thread takes at once.
ThinBands bands_of(const ConvGeometry& g, const ConvOperands& o, int64_t at_once) {
  const int64_t width = ceil_div(o.y.shape[2], at_once) * at_once;
  return {o, g.padding[0], ceil_div(o.y.shape[1], 2), width + o.w.shape[2] - 1};
}
constexpr int64_t forward_at_once = 2, gradient_at_once = 4;

void add_sizes(KernelText& text, const ConvOperands& o, const ThinBands& bands) {
  for (int64_t number : {o.y.shape[1], o.y.shape[2], bands.rows, o.y.shape[3]}) {
    text.add_constant(static_cast<uint32_t>(number));
  }
}

}  // namespace

bool can_run_thin_convolution(const ConvGeometry& g, const ConvOperands& o) {
  return is_thin(g, o) && bands_of(g, o, gradient_at_once).rows > 0;
}

void add_thin_convolution(const ConvGeometry& g, const ConvOperands& o, Recipe& recipe) {
  const ThinBands bands = bands_of(g, o, forward_at_once);
  const int64_t channels = o.w.shape[0], width = thin_width(channels);
  KernelText text{.name = "thin_convolution", .source = thin_head(o.w, width) + forward};
  text.add_pointers({pointer_to(o.x), pointer_to(o.w), result_at(o.y)});
  bands.add_image(text, o.x);
  for (int64_t stride : o.w.strides) text.add_constant(stride);
  text.add_constant(Axis(ceil_div(o.y.shape[2], forward_at_once)));
  add_sizes(text, o, bands);
  bands.set_grid(text, o.x.shape[0], channels, width);
  recipe.steps.emplace_back(std::move(text));
}

void add_thin_weight_gradient(const ConvGeometry& g, const ConvOperands& o, Recipe& recipe) {
  const ThinBands bands = bands_of(g, o, gradient_at_once);
  const int64_t channels = o.w.shape[0], width = thin_width(channels);
  const int64_t parts = bands.count * o.x.shape[0];
  const int64_t part = o.w.shape[1] * o.w.shape[2] * o.w.shape[3] * channels;
  const Pointer partial = recipe.take_workspace(static_cast<size_t>(parts * part) * sizeof(float));
  KernelText text{.name = "thin_weight_gradient",
                  .source = thin_head(o.w, width) + weight_gradient};
  text.add_pointers({pointer_to(o.x), pointer_to(o.y), partial.as_result()});
  bands.add_image(text, o.x);
  for (int64_t stride : o.y.strides) text.add_constant(stride);
  text.add_constant(Axis(ceil_div(o.y.shape[2], gradient_at_once)));
  add_sizes(text, o, bands);
  bands.set_grid(text, o.x.shape[0], channels, width);
  recipe.steps.emplace_back(std::move(text));
  const Strides& to = o.w.strides;
  add_sum_of_parts(partial, parts, part, 0, pointer_to(o.w),
                   {o.w.shape[1], o.w.shape[2], o.w.shape[3], channels},
                   {to[1], to[2], to[3], to[0]}, "weight_gradient_parts", recipe);
}

}  // namespace lazulite::cuda
