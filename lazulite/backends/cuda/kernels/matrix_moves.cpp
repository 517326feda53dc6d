#include "lazulite/backends/cuda/kernels/matrix_moves.h"

#include <fmt/format.h>

#include "lazulite/backends/cuda/kernels/prelude.h"
#include "lazulite/backends/cuda/kernels/rows.h"
#include "lazulite/backends/cuda/runtime/status.h"
#include "lazulite/core/no_result.h"

namespace lazulite::cuda {
namespace {

constexpr const char* finite_source = R"cuda(
struct Parameters { unsigned rows, columns; int lower; };
DEVICE bool is_number(float x) { return isfinite(x); }
DEVICE bool is_number(double x) { return isfinite(x); }
DEVICE bool is_number(complex64 x) { return isfinite(x.re) && isfinite(x.im); }
extern "C" __global__ void __launch_bounds__(256) lazulite_kernel(const T* a, int* marks,
                                                                  const Parameters p) {
  a += (unsigned long long)blockIdx.x * p.rows * p.columns;
  int found = 0;
  for (unsigned i = 0; i < p.rows; ++i) {
    const unsigned end = p.lower && i < p.columns ? i + 1 : p.columns;
    for (unsigned j = threadIdx.x; j < end; j += blockDim.x) {
      if (!is_number(a[(unsigned long long)i * p.columns + j])) found = 1;
    }
  }
  found = __syncthreads_or(found);
  if (threadIdx.x == 0) marks[blockIdx.x] = found;
}
)cuda";

// PART: 1 the lower triangle, 2 the upper one. MARKED: 1 zeros, 2 NaN.
constexpr const char* move_source = R"cuda(
struct Parameters { long long next, row, column; Axis rows, columns; unsigned elements; };
extern "C" __global__ void __launch_bounds__(256) lazulite_kernel(const T* from, const int* marks,
                                                                  T* to, const Parameters p) {
  const unsigned e = blockIdx.x * 256 + threadIdx.x;
  if (e >= p.elements) return;
  const unsigned rest = quotient(e, p.columns), j = e - rest * p.columns.size;
  const unsigned b = quotient(rest, p.rows), i = rest - b * p.rows.size;
  T x = from[b * p.next + i * p.row + j * p.column];
  if (MARKED && marks[b]) x = MARKED == 2 ? T(__int_as_float(0x7fc00000)) : T(0);
  if (PART == 1 && j > i || PART == 2 && j < i) x = T(0);
  to[e] = x;
}
)cuda";

constexpr const char* check_source = R"cuda(
struct Parameters { unsigned count, number; };
extern "C" __global__ void __launch_bounds__(256) lazulite_kernel(const int* info, const int* marks,
                                                                  Status* status,
                                                                  const Parameters p) {
  int failed = 0;
  for (unsigned i = threadIdx.x; i < p.count; i += blockDim.x) {
    failed |= info[i] != 0 && !(MARKED && marks[i]);
  }
  failed = __syncthreads_or(failed);
  if (!failed || threadIdx.x != 0 || status->stop) return;
  status->stop = 1;
  status->check = p.number;
  status->index = 0;
}
)cuda";

constexpr const char* exchanges_source = R"cuda(
struct Parameters { unsigned rows, steps; };
extern "C" __global__ void __launch_bounds__(256) lazulite_kernel(const long long* pivots,
                                                                  unsigned* exchanged,
                                                                  unsigned* went,
                                                                  const Parameters p) {
  __shared__ unsigned order[ROWS];
  pivots += (unsigned long long)blockIdx.x * p.steps;
  exchanged += (unsigned long long)blockIdx.x * p.steps;
  went += (unsigned long long)blockIdx.x * p.rows;
  for (unsigned i = threadIdx.x; i < p.rows; i += blockDim.x) order[i] = i;
  for (unsigned k = threadIdx.x; k < p.steps; k += blockDim.x) exchanged[k] = pivots[k] - 1;
  __syncthreads();
  if (threadIdx.x == 0) {
    for (unsigned k = 0; k < p.steps; ++k) {
      const unsigned other = exchanged[k], row = order[k];
      order[k] = order[other];
      order[other] = row;
    }
  }
  __syncthreads();
  for (unsigned k = threadIdx.x; k < p.rows; k += blockDim.x) went[order[k]] = k;
}
)cuda";

constexpr const char* determinants_source = R"cuda(
struct Parameters { unsigned size; };
extern "C" __global__ void __launch_bounds__(256) lazulite_kernel(const T* lu,
                                                                  const long long* pivots, T* sign,
                                                                  T* log_size, T* whole,
                                                                  const Parameters p) {
  __shared__ double signs[256], logs[256], products[256];
  const unsigned t = threadIdx.x;
  lu += (unsigned long long)blockIdx.x * p.size * p.size;
  pivots += (unsigned long long)blockIdx.x * p.size;
  double s = 1, l = 0, w = 1;
  for (unsigned k = t; k < p.size; k += 256) {
    double pivot = lu[(unsigned long long)k * p.size + k];
    if (pivots[k] != k + 1) pivot = -pivot;
    s = pivot == 0 ? 0 : pivot < 0 ? -s : s;
    l += log(fabs(pivot));
    w *= pivot;
  }
  signs[t] = s;
  logs[t] = l;
  products[t] = w;
  for (unsigned half = 128; half > 0; half /= 2) {
    __syncthreads();
    if (t < half) {
      signs[t] *= signs[t + half];
      logs[t] += logs[t + half];
      products[t] *= products[t + half];
    }
  }
  if (t > 0) return;
  sign[blockIdx.x] = T(signs[0]);
  log_size[blockIdx.x] = T(signs[0] == 0 ? -INFINITY : logs[0]);
  whole[blockIdx.x] = T(products[0]);
}
)cuda";

std::string head(Dtype dtype) {
  return fmt::format("{}{}typedef {} T;\n", prelude, status_source, type_of(dtype));
}

}  // namespace

int64_t matrix_count(const Operand& matrices) {
  return element_count(std::span(matrices.shape.begin(), matrices.shape.end() - 2));
}

void add_finite_marks(const Operand& matrices, bool lower, const Operand& marks, Recipe& recipe) {
  KernelText text{.name = "finite_marks", .source = head(matrices.dtype) + finite_source};
  text.add_pointers({pointer_to(matrices), result_at(marks)});
  text.add_constant(static_cast<uint32_t>(matrices.shape.end()[-2]));
  text.add_constant(static_cast<uint32_t>(matrices.shape.back()));
  text.add_constant(int32_t{lower});
  text.grid[0] = static_cast<unsigned>(matrix_count(matrices));
  recipe.steps.emplace_back(std::move(text));
}

void add_move(const MatrixMove& move, Recipe& recipe) {
  const Operand& to = move.to;
  const bool marked = move.marked != MatrixMove::Marked::as_others;
  KernelText text{
      .name = "matrix_move",
      .source = head(to.dtype) + fmt::format("#define PART {}\n#define MARKED {}\n{}",
                                             static_cast<int>(move.part),
                                             static_cast<int>(move.marked), move_source)};
  const Pointer from = pointer_to(move.from);
  text.add_pointers({from, marked ? pointer_to(move.marks) : from, result_at(to)});
  for (int64_t stride : {move.next, move.row, move.column}) text.add_constant(stride);
  text.add_constant(Axis(to.shape.end()[-2]));
  text.add_constant(Axis(to.shape.back()));
  text.add_constant(static_cast<uint32_t>(to.size()));
  text.grid[0] = static_cast<unsigned>(ceil_div(to.size(), text.block));
  recipe.steps.emplace_back(std::move(text));
}

uint32_t add_sentence(std::string sentence, Recipe& recipe) {
  recipe.checks.push_back(
      [sentence = std::move(sentence)](int64_t) { throw NoResultError(sentence); });
  return static_cast<uint32_t>(recipe.checks.size());
}

void add_info_check(const Operand& info, const Operand* marks, std::string sentence,
                    Recipe& recipe) {
  KernelText text{.name = "info_check",
                  .source = head(Dtype::float32) +
                            fmt::format("#define MARKED {:d}\n{}", marks != nullptr, check_source)};
  text.add_pointers(
      {pointer_to(info), pointer_to(marks ? *marks : info), status_pointer.as_result()});
  text.add_constant(static_cast<uint32_t>(info.size()));
  text.add_constant(add_sentence(std::move(sentence), recipe));
  recipe.steps.emplace_back(std::move(text));
}

void add_exchanges(const Operand& pivots, int64_t rows, const Operand& exchanged,
                   const Operand& went, Recipe& recipe) {
  const int64_t steps = pivots.shape.back();
  KernelText text{
      .name = "exchanges",
      .source = head(Dtype::float32) + fmt::format("#define ROWS {}\n{}",
                                                   rows <= 1024 ? 1024 : most_exchanged_rows,
                                                   exchanges_source)};
  text.add_pointers({pointer_to(pivots), result_at(exchanged), result_at(went)});
  text.add_constant(static_cast<uint32_t>(rows));
  text.add_constant(static_cast<uint32_t>(steps));
  text.grid[0] = static_cast<unsigned>(pivots.size() / steps);
  recipe.steps.emplace_back(std::move(text));
}

void add_determinants(const Operand& lu, const Operand& pivots, const Launch& launch,
                      Recipe& recipe) {
  KernelText text{.name = "determinants", .source = head(lu.dtype) + determinants_source};
  text.add_pointers({pointer_to(lu), pointer_to(pivots)});
  for (const Operand& output : launch.outputs) {
    text.add_pointers(
        {result_at(output.used ? output : take_array(output.shape, output.dtype, recipe))});
  }
  text.add_constant(static_cast<uint32_t>(lu.shape.back()));
  text.grid[0] = static_cast<unsigned>(matrix_count(lu));
  recipe.steps.emplace_back(std::move(text));
}

}  // namespace lazulite::cuda
