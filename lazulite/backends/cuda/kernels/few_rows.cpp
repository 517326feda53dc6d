#include "lazulite/backends/cuda/kernels/few_rows.h"

#include <fmt/format.h>

#include "lazulite/backends/cuda/kernels/rows.h"

namespace lazulite::cuda {
namespace {

constexpr int64_t most_rows = 8, warps = 8;

// A warp reads a slice of a column, and of each row; SLICES warps share a column.
constexpr const char* source = R"cuda(
struct Parameters {
  EPILOGUE_MEMBER
  long long c_row, row, depth, column;
  unsigned n, k, chunk;
};
extern "C" __global__ void __launch_bounds__(256) lazulite_kernel(
    const T* a, const T* b, T* out, MORE_POINTERS const Parameters p) {
  __shared__ float sums[8][ROWS];
  const unsigned lane = threadIdx.x % 32, warp = threadIdx.x / 32, slice = warp % SLICES;
  const unsigned n = blockIdx.x * (8 / SLICES) + warp / SLICES;
  const unsigned from = slice * p.chunk, to = from + p.chunk < p.k ? from + p.chunk : p.k;
  float sum[ROWS];
  #pragma unroll
  for (int m = 0; m < ROWS; ++m) sum[m] = 0;
  if (n < p.n) {
    b += n * p.column;
    #pragma unroll 8
    for (unsigned k = from + lane; k < to; k += 32) {
      const float value = load(b[k]);
      #pragma unroll
      for (int m = 0; m < ROWS; ++m) {
        sum[m] = __fmaf_rn(load(a[m * p.row + k * p.depth]), value, sum[m]);
      }
    }
  }
  #pragma unroll
  for (int m = 0; m < ROWS; ++m) {
    #pragma unroll
    for (int s = 16; s > 0; s /= 2) sum[m] += __shfl_xor_sync(~0u, sum[m], s);
    if (lane == 0) sums[warp][m] = sum[m];
  }
  __syncthreads();
  if (slice != 0 || lane >= ROWS || n >= p.n) return;
  float total = sums[warp][lane];
  #pragma unroll
  for (int i = 1; i < SLICES; ++i) total += sums[warp + i][lane];
  STORE(lane * p.c_row + n, lane, n, total)
}
)cuda";

}  // namespace

bool can_run_few_rows(const FewRows& few) {
  const Product& p = few.product;
  return p.batch == 1 && p.m > 0 && p.m <= most_rows && p.k > 0 && p.n < most_elements &&
         p.dtype != Dtype::float64 && p.dtype != Dtype::complex64;
}

void add_few_rows(const FewRows& few, Recipe& recipe) {
  const Product& p = few.product;
  // About eight elements for each thread.
  int64_t slices = 1;
  while (slices < warps && p.k > slices * 32 * 8) slices *= 2;
  KernelText text{.name = p.name + "_few_rows",
                  .source = product_head(p, true) +
                            fmt::format("#define ROWS {}\n#define SLICES {}\n", p.m, slices) +
                            source};
  text.add_pointers({p.a, p.b, p.c});
  add_epilogue(p, text);
  for (int64_t stride : {p.c_row, few.row, few.depth, few.column}) text.add_constant(stride);
  for (int64_t number : {p.n, p.k, ceil_div(p.k, slices)}) {
    text.add_constant(static_cast<uint32_t>(number));
  }
  text.grid[0] = static_cast<unsigned>(ceil_div(p.n, warps / slices));
  recipe.steps.emplace_back(std::move(text));
}

}  // namespace lazulite::cuda
