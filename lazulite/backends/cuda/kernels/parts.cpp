#include "lazulite/backends/cuda/kernels/parts.h"

#include "lazulite/backends/cuda/kernels/prelude.h"

namespace lazulite::cuda {
namespace {

// A block is 32 elements wide; its 32 rows take turns, and are added in a tree. What a thread reads
// is on its way at once.
constexpr const char* source = R"cuda(
struct Parameters { View result; unsigned elements, parts, part_elements, first; };
extern "C" __global__ void __launch_bounds__(1024) lazulite_kernel(
    const float* partial, float* out, const Parameters p) {
  __shared__ float sums[32][32];
  const unsigned lane = threadIdx.x % 32, row = threadIdx.x / 32, i = blockIdx.x * 32 + lane;
  float sum = 0;
  if (i < p.elements) {
    #pragma unroll 8
    for (unsigned part = row; part < p.parts; part += 32) {
      sum += partial[(long long)part * p.part_elements + p.first + i];
    }
  }
  sums[row][lane] = sum;
  #pragma unroll
  for (int half = 16; half > 0; half /= 2) {
    __syncthreads();
    if (row < half) sums[row][lane] += sums[row + half][lane];
  }
  if (row == 0 && i < p.elements) out[place(p.result, i)] = sums[0][lane];
}
)cuda";

}  // namespace

void add_sum_of_parts(const Pointer& partial, int64_t parts, int64_t part_elements, int64_t first,
                      const Pointer& result, const Shape& shape, const Strides& strides,
                      const char* name, Recipe& recipe) {
  KernelText text{.name = name, .source = std::string(prelude) + places_prelude + source};
  Pointer from = partial;
  from.written = false;
  text.add_pointers({from, result.as_result()});
  const int64_t elements = element_count(shape);
  text.add_constant(view_of({.shape = shape, .strides = strides}));
  for (int64_t number : {elements, parts, part_elements, first}) {
    text.add_constant(static_cast<uint32_t>(number));
  }
  text.block = 1024;
  text.grid[0] = static_cast<unsigned>(ceil_div(elements, 32));
  recipe.steps.emplace_back(std::move(text));
}

}  // namespace lazulite::cuda
