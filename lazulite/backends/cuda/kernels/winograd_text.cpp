#include "lazulite/backends/cuda/kernels/winograd_text.h"

namespace lazulite::cuda {

// OUTPUTS outputs and TAPS taps in each direction at the points 0, 1, -1, 2, -2, 1/2, -1/2 and
// infinity: of images d and weights g, y = A'[(G g G') * (B' d B)]A, and by the adjoint the
// weights' gradient is G'[(A dy A') * (B' d B)]G. Where indices are known, zeros vanish and the
// rest are immediates.
const char* const winograd_matrices = R"cuda(
constexpr int AL = OUTPUTS + TAPS - 1;
struct Matrices {
  float at[OUTPUTS][AL] = {}, g[AL][TAPS] = {}, bt[AL][AL] = {};
  __device__ constexpr Matrices() {
    const double points[7] = {0, 1, -1, 2, -2, 0.5, -0.5};
    constexpr int last = AL - 1;
    for (int i = 0; i <= last; ++i) {
      // The product of x - point over all other finite points.
      double polynomial[AL + 1] = {1}, scale = 1;
      int degree = 0;
      for (int k = 0; k < last; ++k) {
        if (k == i) continue;
        if (i < last) scale *= points[i] - points[k];
        ++degree;
        for (int d = degree; d > 0; --d) polynomial[d] = polynomial[d - 1] - points[k] * polynomial[d];
        polynomial[0] *= -points[k];
      }
      for (int d = 0; d < AL; ++d) bt[i][d] = float(polynomial[d]);
      if (i == last) continue;
      double power = 1;
      for (int k = 0; k < (TAPS > OUTPUTS ? TAPS : OUTPUTS); ++k) {
        if (k < TAPS) g[i][k] = float(power / scale);
        if (k < OUTPUTS) at[k][i] = float(power);
        power *= points[i];
      }
    }
    g[last][TAPS - 1] = 1;
    at[OUTPUTS - 1][last] = 1;
  }
};
DEVICE float plus(float sum, float factor, float value) {
  return factor == 0 ? sum : __fmaf_rn(factor, value, sum);
}
)cuda";

// A thread makes the points of one channel of one tile.
const char* const winograd_points_source = R"cuda(
struct Parameters {
  long long n, h, w, c;      // strides of the image
  long long pn, ph, pw, pc;  // of the positions
  Axis channels, across, down;
  int height, width, padding;
  unsigned real_channels, elements;
};
#if POOLED
// What lies under a pool: an element has its window's gradient where it was the largest.
constexpr int CELLS = (SIDE + ODD + 1) / 2;
struct Image {
  float value[CELLS][CELLS];
  unsigned char position[CELLS][CELLS];
  __device__ Image(const float* dy, const unsigned char* positions, const Parameters& p, bool there,
                   int row, int column) {
    row = (row - ODD) / 2;
    column = (column - ODD) / 2;
    #pragma unroll
    for (int y = 0; y < CELLS; ++y) {
      #pragma unroll
      for (int x = 0; x < CELLS; ++x) {
        const bool inside = there && unsigned(row + y) < unsigned(p.height) &&
                            unsigned(column + x) < unsigned(p.width);
        value[y][x] = inside ? dy[(row + y) * p.h + (column + x) * p.w] : 0.f;
        position[y][x] = inside ? positions[(row + y) * p.ph + (column + x) * p.pw] : 255;
      }
    }
  }
  __device__ float at(int y, int x) const {
    y += ODD;
    x += ODD;
    return position[y / 2][x / 2] == y % 2 * 2 + x % 2 ? value[y / 2][x / 2] : 0.f;
  }
};
#else
struct Image {
  float value[SIDE][SIDE];
  __device__ Image(const float* image, const unsigned char*, const Parameters& p, bool there,
                   int row, int column) {
    #pragma unroll
    for (int y = 0; y < SIDE; ++y) {
      #pragma unroll
      for (int x = 0; x < SIDE; ++x) {
        const bool inside = there && unsigned(row + y) < unsigned(p.height) &&
                            unsigned(column + x) < unsigned(p.width);
        value[y][x] = inside ? image[(row + y) * p.h + (column + x) * p.w] : 0.f;
      }
    }
  }
  __device__ float at(int y, int x) const { return value[y][x]; }
};
#endif
extern "C" __global__ void __launch_bounds__(128) lazulite_kernel(
    const float* image, const unsigned char* positions, float* points, const Parameters p) {
  constexpr Matrices m;
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= p.elements) return;
  const unsigned tile = quotient(i, p.channels), c = i - tile * p.channels.size;
  const unsigned rest = quotient(tile, p.across), tx = tile - rest * p.across.size;
  const unsigned n = quotient(rest, p.down), ty = rest - n * p.down.size;
  const Image d(image + n * p.n + c * p.c, positions + n * p.pn + c * p.pc, p,
                c < p.real_channels, int(ty) * OUTPUTS - p.padding, int(tx) * OUTPUTS - p.padding);
  float half[AL][SIDE];
  #pragma unroll
  for (int x = 0; x < SIDE; ++x) {
    #pragma unroll
    for (int a = 0; a < AL; ++a) {
      half[a][x] = 0;
      #pragma unroll
      for (int y = 0; y < SIDE; ++y) half[a][x] = plus(half[a][x], FACTOR(a, y), d.at(y, x));
    }
  }
  #pragma unroll
  for (int a = 0; a < AL; ++a) {
    #pragma unroll
    for (int b = 0; b < AL; ++b) {
      float value = 0;
      #pragma unroll
      for (int x = 0; x < SIDE; ++x) value = plus(value, FACTOR(b, x), half[a][x]);
      points[(long long)(a * AL + b) * p.elements + i] = value;
    }
  }
}
)cuda";

// A thread makes the outputs of one channel of one tile.
const char* const winograd_outputs_source = R"cuda(
struct Parameters {
  Axis channels, across, down;
  int height, width;  // of what is stored
  unsigned real_channels, elements;
};
#if POOLED
#define MORE_POINTERS const float* bias, unsigned char* positions,
#else
#define MORE_POINTERS
#endif
extern "C" __global__ void __launch_bounds__(128) lazulite_kernel(
    const float* points, float* out, MORE_POINTERS const Parameters p) {
  constexpr Matrices m;
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= p.elements) return;
  const unsigned tile = quotient(i, p.channels), c = i - tile * p.channels.size;
  if (c >= p.real_channels) return;
  const unsigned rest = quotient(tile, p.across), tx = tile - rest * p.across.size;
  const unsigned n = quotient(rest, p.down), ty = rest - n * p.down.size;
  constexpr int ROW = BY_ROWS ? OUTPUTS : AL;
  float value[AL][ROW];
  #pragma unroll
  for (int a = 0; a < AL; ++a) {
    #pragma unroll
    for (int b = 0; b < ROW; ++b) value[a][b] = points[(long long)(a * ROW + b) * p.elements + i];
  }
  float y[OUTPUTS][OUTPUTS];
  #pragma unroll
  for (int k = 0; k < OUTPUTS; ++k) {
    #pragma unroll
    for (int l = 0; l < OUTPUTS; ++l) y[k][l] = 0;
  }
  #pragma unroll
  for (int a = 0; a < AL; ++a) {
    #pragma unroll
    for (int l = 0; l < OUTPUTS; ++l) {
      float sum = BY_ROWS ? value[a][l] : 0.f;
      #pragma unroll
      for (int b = 0; b < AL && !BY_ROWS; ++b) sum = plus(sum, m.at[l][b], value[a][b]);
      #pragma unroll
      for (int k = 0; k < OUTPUTS; ++k) y[k][l] = plus(y[k][l], m.at[k][a], sum);
    }
  }
#if POOLED
  constexpr int WINDOW = 2;
  const float b = bias[c];
#else
  constexpr int WINDOW = 1;
#endif
  #pragma unroll
  for (int k = 0; k < OUTPUTS / WINDOW; ++k) {
    #pragma unroll
    for (int l = 0; l < OUTPUTS / WINDOW; ++l) {
      const int row = int(ty) * (OUTPUTS / WINDOW) + k, column = int(tx) * (OUTPUTS / WINDOW) + l;
      if (row >= p.height || column >= p.width) continue;
      const long long at =
          (((long long)n * p.height + row) * p.width + column) * p.real_channels + c;
#if POOLED
      const float window[4] = {y[2 * k][2 * l], y[2 * k][2 * l + 1], y[2 * k + 1][2 * l],
                               y[2 * k + 1][2 * l + 1]};
      store_window(window, b, out + at, positions + at);
#else
      out[at] = y[k][l];
#endif
    }
  }
}
)cuda";

// u = G g G', [point][from][to]; a block is 32 channels wide and a row of points deep.
const char* const winograd_weights_source = R"cuda(
__constant__ constexpr Matrices matrices{};
struct Parameters {
  long long from, to, row, column;  // strides of the weights
  unsigned from_channels, to_channels, padded_from, padded_to;
};
extern "C" __global__ void __launch_bounds__(32 * AL) lazulite_kernel(
    const float* w, float* points, const Parameters p) {
  constexpr Matrices m;
  const unsigned to = blockIdx.x * 32 + threadIdx.x % 32, from = blockIdx.y, a = threadIdx.x / 32;
  if (to >= p.padded_to) return;
  const bool there = to < p.to_channels && from < p.from_channels;
  w += (there ? from : 0) * p.from + (there ? to : 0) * p.to;
  float half[TAPS];
  #pragma unroll
  for (int x = 0; x < TAPS; ++x) {
    half[x] = 0;
    #pragma unroll
    for (int y = 0; y < TAPS; ++y) {
      const float tap = there ? w[y * p.row + x * p.column] : 0.f;
      half[x] = __fmaf_rn(matrices.g[a][y], tap, half[x]);
    }
  }
  #pragma unroll
  for (int b = 0; b < AL; ++b) {
    float value = 0;
    #pragma unroll
    for (int x = 0; x < TAPS; ++x) value = plus(value, m.g[b][x], half[x]);
    points[((long long)(a * AL + b) * p.padded_from + from) * p.padded_to + to] = value;
  }
}
)cuda";

// G' u G of the sum of the parts of u, each [point][from][to].
const char* const winograd_weight_gradient_source = R"cuda(
__constant__ constexpr Matrices matrices{};
struct Parameters {
  long long from, to, row, column;
  unsigned to_channels, padded_from, padded_to, parts;
};
extern "C" __global__ void __launch_bounds__(32 * AL) lazulite_kernel(
    const float* points, float* dw, const Parameters p) {
  constexpr Matrices m;
  __shared__ float half[AL][TAPS][32];
  const unsigned lane = threadIdx.x % 32, to = blockIdx.x * 32 + lane, from = blockIdx.y;
  const unsigned a = threadIdx.x / 32;
  const bool there = to < p.to_channels;
  // Whoever has no channel reads another's, so that all reads are on their way at once.
  points += ((long long)a * AL * p.padded_from + from) * p.padded_to + (there ? to : 0);
  const unsigned point = p.padded_from * p.padded_to;
  float u[AL];
  #pragma unroll
  for (int b = 0; b < AL; ++b) u[b] = 0;
  for (unsigned part = 0; part < p.parts; part += 4) {
    float read[4][AL];
    #pragma unroll
    for (unsigned i = 0; i < 4; ++i) {
      #pragma unroll
      for (int b = 0; b < AL; ++b) {
        const bool is = part + i < p.parts;
        const float value = points[((long long)(is ? part + i : part) * (AL * AL) + b) * point];
        read[i][b] = is ? value : 0.f;
      }
    }
    #pragma unroll
    for (int i = 0; i < 4; ++i) {
      #pragma unroll
      for (int b = 0; b < AL; ++b) u[b] += read[i][b];
    }
  }
  #pragma unroll
  for (int x = 0; x < TAPS; ++x) {
    float sum = 0;
    #pragma unroll
    for (int b = 0; b < AL; ++b) sum = plus(sum, m.g[b][x], u[b]);
    half[a][x][lane] = sum;
  }
  __syncthreads();
  if (!there || a >= TAPS) return;
  dw += from * p.from + to * p.to + a * p.row;
  #pragma unroll
  for (int x = 0; x < TAPS; ++x) {
    float sum = 0;
    #pragma unroll
    for (int k = 0; k < AL; ++k) sum = __fmaf_rn(matrices.g[k][a], half[k][x][lane], sum);
    dw[x * p.column] = sum;
  }
}
)cuda";

}  // namespace lazulite::cuda
