#include "lazulite/backends/cuda/primitives/softmax.h"

#include <fmt/format.h>

#include "lazulite/backends/cuda/kernels/fused.h"
#include "lazulite/backends/cuda/kernels/prelude.h"
#include "lazulite/backends/cuda/kernels/rows.h"

namespace lazulite::cuda {
namespace {

// THREADS threads a row, each with KEPT of its elements in registers; with KEPT 0 all are read
// again for each use. NaN is larger than all.
constexpr const char* source = R"cuda(
struct Parameters { View rows; long long stride; unsigned count, columns; };
constexpr unsigned ROWS = 256 / THREADS;
DEVICE W larger(W a, W b) { return b > a || b != b ? b : a; }
DEVICE W plus(W a, W b) { return a + b; }
// Does something with the thread's columns and their elements.
#define EACH(c, value, ...)                                                 \
  if (KEPT > 0) {                                                           \
    _Pragma("unroll") for (int i = 0; i < KEPT; ++i) {                      \
      const unsigned c = lane + i * THREADS;                                \
      const W value = kept[i];                                              \
      if (c < columns) { __VA_ARGS__; }                                     \
    }                                                                       \
  } else {                                                                  \
    for (unsigned c = lane; c < columns; c += THREADS) {                    \
      const W value = W(load(from[c * p.stride]));                          \
      __VA_ARGS__;                                                          \
    }                                                                       \
  }
template <class F> DEVICE W of_row(W value, F fold) {
  #pragma unroll
  for (int s = 16; s > 0; s /= 2) value = fold(value, __shfl_xor_sync(~0u, value, s));
  if (THREADS > 32) {
    __shared__ W shared[8];
    __syncthreads();
    if (threadIdx.x % 32 == 0) shared[threadIdx.x / 32] = value;
    __syncthreads();
    value = shared[0];
    #pragma unroll
    for (int i = 1; i < 8; ++i) value = fold(value, shared[i]);
  }
  return value;
}
extern "C" __global__ void __launch_bounds__(256) lazulite_kernel(const T* x, T* out,
                                                                  const Parameters p) {
  const unsigned lane = threadIdx.x % THREADS, row = blockIdx.x * ROWS + threadIdx.x / THREADS;
  const bool valid = row < p.count;
  const unsigned columns = valid ? p.columns : 0;
  const T* const from = x + (valid ? place(p.rows, row) : 0);
  W kept[KEPT > 0 ? KEPT : 1];
  #pragma unroll
  for (int i = 0; i < KEPT; ++i) {
    const unsigned c = lane + i * THREADS;
    kept[i] = c < columns ? W(load(from[c * p.stride])) : W(-INFINITY);
  }
  W largest = -INFINITY;
  EACH(c, value, largest = larger(largest, value))
  largest = of_row(largest, larger);
  // Infinity less infinity would be no number.
  if (LOGSUMEXP && (largest == W(INFINITY) || largest == W(-INFINITY))) largest = 0;
  W sum = 0;
  if (SOFTMAX && KEPT > 0) {
    #pragma unroll
    for (int i = 0; i < KEPT; ++i) {
      if (lane + i * THREADS >= columns) continue;
      kept[i] = dialect::exp(kept[i] - largest);
      sum = sum + kept[i];
    }
  } else {
    EACH(c, value, sum = sum + dialect::exp(value - largest))
  }
  sum = of_row(sum, plus);
  if (LOGSUMEXP) {
    if (valid && lane == 0) out[row] = Store<T>::of(Cast<T>::of(dialect::log(sum) + largest));
    return;
  }
  T* const to = out + (long long)row * p.columns;
  const W logarithm = SOFTMAX ? W(0) : dialect::log(sum);
  EACH(c, value, const W shifted = value - largest;
       const W result = !SOFTMAX ? shifted - logarithm
                        : KEPT > 0 ? value / sum : dialect::exp(shifted) / sum;
       to[c] = Store<T>::of(Cast<T>::of(result)))
}
)cuda";

constexpr int64_t most_kept = 32;

}  // namespace

bool can_run_softmax(const Call& call, const Launch& launch) {
  const bool is =
      call.id == CallId::softmax || call.id == CallId::log_softmax || call.id == CallId::logsumexp;
  const Operand& x = launch.inputs[0];
  return is && is_floating(x.dtype) && x.shape.back() > 0 && x.size() <= most_elements;
}

void add_softmax(const Call& call, const Launch& launch, Recipe& recipe) {
  const Operand& out = launch.outputs[0];
  if (out.size() == 0) return;
  Operand x = launch.inputs[0];
  if (!can_view(x)) {
    x = take_array(x.shape, x.dtype, recipe);
    add_copy(launch.inputs[0], x, recipe);
  }
  Operand rows = x;
  rows.shape.pop_back();
  rows.strides.pop_back();
  const int64_t columns = x.shape.back(), threads = columns <= 1024 ? 32 : 256;
  int64_t kept = 1;
  while (kept * threads < columns) kept *= 2;
  if (kept > most_kept) kept = 0;
  KernelText text{.name = call.label(),
                  .source = fmt::format(
                      "{}{}typedef {} T;\ntypedef {} W;\n#define THREADS {}\n#define KEPT {}\n"
                      "#define SOFTMAX {:d}\n#define LOGSUMEXP {:d}\n{}",
                      prelude, places_prelude, type_of(x.dtype), register_type(x.dtype), threads,
                      kept, call.id == CallId::softmax, call.id == CallId::logsumexp, source)};
  text.add_pointers({pointer_to(x), result_at(out)});
  text.add_constant(view_of(rows));
  text.add_constant(x.strides.back());
  text.add_constant(static_cast<uint32_t>(rows.size()));
  text.add_constant(static_cast<uint32_t>(columns));
  text.grid[0] = static_cast<unsigned>(ceil_div(rows.size(), 256 / threads));
  recipe.steps.emplace_back(std::move(text));
}

}  // namespace lazulite::cuda
