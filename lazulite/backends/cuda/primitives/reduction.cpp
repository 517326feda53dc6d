#include "lazulite/ops/primitives/reduction.h"

#include <fmt/format.h>

#include "lazulite/backends/cuda/kernels/prelude.h"
#include "lazulite/backends/cuda/kernels/rows.h"
#include "lazulite/backends/cuda/primitives/primitives.h"

namespace lazulite::cuda {
namespace {

// LANES threads look for each result; of equal ones, the first counts.
constexpr const char* source = R"cuda(
DEVICE bool beats(V a, V b) {
  if (dialect::ISNAN(b)) return false;
  return dialect::ISNAN(a) || dialect::BEYOND(a, b);
}
struct Parameters { View x; Axis after; unsigned size, results; };
extern "C" __global__ void lazulite_kernel(const T* x, unsigned* out, const Parameters p) {
  __shared__ unsigned places[256];
  const unsigned lane = threadIdx.x % LANES;
  const unsigned i = blockIdx.x * (256 / LANES) + threadIdx.x / LANES;
  const bool valid = i < p.results;
  const unsigned before = quotient(i, p.after);
  const unsigned first = before * p.size * p.after.size + (i - before * p.after.size);
  auto at = [&](unsigned k) { return load(x[place(p.x, first + k * p.after.size)]); };
  unsigned best = lane;
  for (unsigned k = lane + LANES; k < p.size && valid; k += LANES) {
    if (beats(at(k), at(best))) best = k;
  }
  places[threadIdx.x] = best;
  for (unsigned s = LANES / 2; s > 0; s /= 2) {
    __syncthreads();
    if (valid && lane < s && lane + s < p.size) {
      const unsigned other = places[threadIdx.x + s];
      const V a = at(other), b = at(best);
      if (beats(a, b) || (other < best && !beats(b, a))) best = other;
      places[threadIdx.x] = best;
    }
  }
  if (valid && lane == 0) out[i] = best;
}
)cuda";

bool accepts(const ArgReduce&, const Launch& launch) { return can_view(launch.inputs[0]); }

void make(const ArgReduce& p, const Launch& launch, Recipe& recipe) {
  const Operand &x = launch.inputs[0], &out = launch.outputs[0];
  if (out.size() == 0 || x.size() == 0) return;
  const auto axis = static_cast<size_t>(p.axis);
  const int64_t size = x.shape[axis];
  const int64_t after = element_count(std::span(x.shape.begin() + axis + 1, x.shape.end()));
  const Row beyond = p.maximum ? Row::greater : Row::less;
  const int lanes = size >= 32 ? 32 : 1;
  KernelText text{.name = "arg_reduce",
                  .source = fmt::format(
                      "{}{}{}{}{}typedef {} T;\ntypedef {} V;\n#define ISNAN {}\n#define BEYOND "
                      "{}\n#define LANES {}\n{}",
                      prelude, x.dtype == Dtype::complex64 ? complex_prelude : "", places_prelude,
                      row_source(Row::isnan, x.dtype), row_source(beyond, x.dtype),
                      type_of(x.dtype), register_type(x.dtype), row_function(Row::isnan, x.dtype),
                      row_function(beyond, x.dtype), lanes, source)};
  text.add_pointers({pointer_to(x), result_at(out)});
  text.add_constant(view_of(x));
  text.add_constant(Axis(after));
  text.add_constant(static_cast<uint32_t>(size));
  text.add_constant(static_cast<uint32_t>(out.size()));
  text.grid[0] = static_cast<unsigned>(ceil_div(out.size(), 256 / lanes));
  recipe.steps.emplace_back(std::move(text));
}

}  // namespace

LAZULITE_CUDA_KERNEL(ArgReduce);

}  // namespace lazulite::cuda
