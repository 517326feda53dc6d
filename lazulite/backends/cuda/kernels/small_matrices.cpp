#include "lazulite/backends/cuda/kernels/small_matrices.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "lazulite/backends/cuda/kernels/matrix_moves.h"
#include "lazulite/backends/cuda/kernels/prelude.h"
#include "lazulite/backends/cuda/kernels/rows.h"
#include "lazulite/backends/cuda/runtime/status.h"

namespace lazulite::cuda {
namespace {

constexpr unsigned threads = 128;

// SIDE rows and columns at most. A block's matrix is number blockIdx.x.
constexpr const char* common_source = R"cuda(
#define THREADS 128
__shared__ double m[SIDE][SIDE + 1];
DEVICE void load_matrix(const T* a, unsigned rows, unsigned columns) {
  a += (unsigned long long)blockIdx.x * rows * columns;
  for (unsigned e = threadIdx.x; e < rows * columns; e += THREADS) {
    m[e / columns][e % columns] = a[e];
  }
  __syncthreads();
}
DEVICE void reject(Status* status, unsigned number) {
  if (threadIdx.x != 0 || status->stop) return;
  status->stop = 1;
  status->check = number;
  status->index = 0;
}
// x of the triangle's equations, in the place of x.
DEVICE void substitute_lower(double* x, unsigned size, bool ones) {
  for (unsigned i = 0; i < size; ++i) {
    double sum = x[i];
    for (unsigned j = 0; j < i; ++j) sum -= m[i][j] * x[j];
    x[i] = ones ? sum : sum / m[i][i];
  }
}
DEVICE void substitute_upper(double* x, unsigned size) {
  for (unsigned i = size; i-- > 0;) {
    double sum = x[i];
    for (unsigned j = i + 1; j < size; ++j) sum -= m[i][j] * x[j];
    x[i] = sum / m[i][i];
  }
}
)cuda";

constexpr const char* lu_source = R"cuda(
__shared__ unsigned exchanged_with[SIDE];
DEVICE void factor(unsigned rows, unsigned columns) {
  const unsigned steps = rows < columns ? rows : columns;
  for (unsigned k = 0; k < steps; ++k) {
    if (threadIdx.x < 32) {
      double best = -1;
      unsigned at = k;
      for (unsigned i = k + threadIdx.x; i < rows; i += 32) {
        const double size = fabs(m[i][k]);
        if (size > best) {
          best = size;
          at = i;
        }
      }
      for (unsigned lane = 16; lane > 0; lane /= 2) {
        const double other = __shfl_xor_sync(~0u, best, lane);
        const unsigned there = __shfl_xor_sync(~0u, at, lane);
        if (other > best || (other == best && there < at)) {
          best = other;
          at = there;
        }
      }
      if (threadIdx.x == 0) exchanged_with[k] = at;
    }
    __syncthreads();
    const unsigned other = exchanged_with[k];
    if (other != k) {
      for (unsigned j = threadIdx.x; j < columns; j += THREADS) {
        const double x = m[k][j];
        m[k][j] = m[other][j];
        m[other][j] = x;
      }
    }
    __syncthreads();
    const double pivot = m[k][k];
    if (pivot != 0) {
      for (unsigned i = k + 1 + threadIdx.x; i < rows; i += THREADS) m[i][k] /= pivot;
    }
    __syncthreads();
    const unsigned width = columns - k - 1;
    for (unsigned e = threadIdx.x; e < (rows - k - 1) * width; e += THREADS) {
      const unsigned i = k + 1 + e / width, j = k + 1 + e % width;
      m[i][j] -= m[i][k] * m[k][j];
    }
    __syncthreads();
  }
}
)cuda";

constexpr const char* cholesky_kernel = R"cuda(
struct Parameters { unsigned size, number; };
extern "C" __global__ void __launch_bounds__(THREADS) lazulite_kernel(const T* a, T* out,
                                                                      Status* status,
                                                                      const Parameters p) {
  load_matrix(a, p.size, p.size);
  for (unsigned k = 0; k < p.size; ++k) {
    const double square = m[k][k];
    if (square <= 0) return reject(status, p.number);
    const double root = sqrt(square);
    __syncthreads();
    for (unsigned i = k + threadIdx.x; i < p.size; i += THREADS) {
      m[i][k] = i == k ? root : m[i][k] / root;
    }
    __syncthreads();
    const unsigned width = p.size - k - 1;
    for (unsigned e = threadIdx.x; e < width * width; e += THREADS) {
      const unsigned i = k + 1 + e / width, j = k + 1 + e % width;
      if (j <= i) m[i][j] -= m[i][k] * m[j][k];
    }
    __syncthreads();
  }
  out += (unsigned long long)blockIdx.x * p.size * p.size;
  for (unsigned e = threadIdx.x; e < p.size * p.size; e += THREADS) {
    const unsigned i = e / p.size, j = e % p.size;
    out[e] = j <= i ? T(m[i][j]) : T(0);
  }
}
)cuda";

constexpr const char* lu_kernel = R"cuda(
struct Parameters { unsigned rows, columns; };
extern "C" __global__ void __launch_bounds__(THREADS) lazulite_kernel(
    const T* a, T* lu, unsigned* exchanged, unsigned* went, const Parameters p) {
  load_matrix(a, p.rows, p.columns);
  factor(p.rows, p.columns);
  lu += (unsigned long long)blockIdx.x * p.rows * p.columns;
  for (unsigned e = threadIdx.x; e < p.rows * p.columns; e += THREADS) {
    lu[e] = T(m[e / p.columns][e % p.columns]);
  }
  if (threadIdx.x != 0) return;
  const unsigned steps = p.rows < p.columns ? p.rows : p.columns;
  exchanged += (unsigned long long)blockIdx.x * steps;
  went += (unsigned long long)blockIdx.x * p.rows;
  unsigned order[SIDE];
  for (unsigned i = 0; i < p.rows; ++i) order[i] = i;
  for (unsigned k = 0; k < steps; ++k) {
    const unsigned other = exchanged_with[k], row = order[k];
    exchanged[k] = other;
    order[k] = order[other];
    order[other] = row;
  }
  for (unsigned k = 0; k < p.rows; ++k) went[order[k]] = k;
}
)cuda";

// KIND 0: any matrix, 1: a lower, 2: an upper triangle. A thread has columns of b by itself.
constexpr const char* solve_kernel = R"cuda(
struct Parameters { unsigned size, sides, number; };
extern "C" __global__ void __launch_bounds__(THREADS) lazulite_kernel(
    const T* a, const T* b, T* out, Status* status, const Parameters p) {
  load_matrix(a, p.size, p.size);
#if KIND == 0
  factor(p.size, p.size);
  for (unsigned k = 0; k < p.size; ++k) {
    if (m[k][k] == 0) return reject(status, p.number);
  }
#endif
  const unsigned long long first = (unsigned long long)blockIdx.x * p.size * p.sides;
  for (unsigned c = blockIdx.y * THREADS + threadIdx.x; c < p.sides; c += gridDim.y * THREADS) {
    double x[SIDE];
    for (unsigned i = 0; i < p.size; ++i) x[i] = b[first + (unsigned long long)i * p.sides + c];
#if KIND == 0
    for (unsigned k = 0; k < p.size; ++k) {
      const unsigned other = exchanged_with[k];
      const double moved = x[k];
      x[k] = x[other];
      x[other] = moved;
    }
#endif
    if (KIND != 2) substitute_lower(x, p.size, KIND == 0);
    if (KIND != 1) substitute_upper(x, p.size);
    for (unsigned i = 0; i < p.size; ++i) out[first + (unsigned long long)i * p.sides + c] = T(x[i]);
  }
}
)cuda";

constexpr const char* determinants_kernel = R"cuda(
struct Parameters { unsigned size; };
extern "C" __global__ void __launch_bounds__(THREADS) lazulite_kernel(
    const T* a, T* sign, T* log_size, T* whole, const Parameters p) {
  load_matrix(a, p.size, p.size);
  factor(p.size, p.size);
  if (threadIdx.x != 0) return;
  double s = 1, l = 0, w = 1;
  for (unsigned k = 0; k < p.size; ++k) {
    const double pivot = exchanged_with[k] == k ? m[k][k] : -m[k][k];
    s = pivot == 0 ? 0 : pivot < 0 ? -s : s;
    l += log(fabs(pivot));
    w *= pivot;
  }
  sign[blockIdx.x] = T(s);
  log_size[blockIdx.x] = T(s == 0 ? -INFINITY : l);
  whole[blockIdx.x] = T(w);
}
)cuda";

KernelText text_of(const char* name, const Operand& a, const std::string& source) {
  const int64_t side = std::max(a.shape.back(), a.shape.end()[-2]);
  KernelText text{
      .name = name,
      .source = fmt::format(
          "{}{}typedef {} T;\n#define SIDE {}\n{}{}", prelude, status_source, type_of(a.dtype),
          std::max<uint64_t>(std::bit_ceil(static_cast<uint64_t>(side)), 8), common_source, source),
      .block = threads};
  text.grid[0] = static_cast<unsigned>(matrix_count(a));
  return text;
}

void add_equations(const Operand& a, const Operand& b, const Operand& out, int kind,
                   uint32_t number, Recipe& recipe) {
  KernelText text = text_of(
      kind == 0 ? "small_solve" : "small_triangular", a,
      (kind == 0 ? lu_source : "") + fmt::format("#define KIND {}\n{}", kind, solve_kernel));
  text.add_pointers({pointer_to(a), pointer_to(b), result_at(out),
                     kind == 0 ? status_pointer.as_result() : status_pointer});
  text.add_constant(static_cast<uint32_t>(a.shape.back()));
  text.add_constant(static_cast<uint32_t>(b.shape.back()));
  text.add_constant(number);
  constexpr int64_t most_slices = 256;
  text.grid[1] =
      static_cast<unsigned>(std::min(ceil_div(b.shape.back(), int64_t{threads}), most_slices));
  recipe.steps.emplace_back(std::move(text));
}

}  // namespace

void add_small_cholesky(const Operand& a, const Operand& out, uint32_t number, Recipe& recipe) {
  KernelText text = text_of("small_cholesky", a, cholesky_kernel);
  text.add_pointers({pointer_to(a), result_at(out), status_pointer.as_result()});
  text.add_constant(static_cast<uint32_t>(a.shape.back()));
  text.add_constant(number);
  recipe.steps.emplace_back(std::move(text));
}

void add_small_lu(const Operand& a, const Operand& lu, const Operand& exchanged,
                  const Operand& went, Recipe& recipe) {
  KernelText text = text_of("small_lu", a, std::string(lu_source) + lu_kernel);
  text.add_pointers({pointer_to(a), result_at(lu), result_at(exchanged), result_at(went)});
  text.add_constant(static_cast<uint32_t>(a.shape.end()[-2]));
  text.add_constant(static_cast<uint32_t>(a.shape.back()));
  recipe.steps.emplace_back(std::move(text));
}

void add_small_solve(const Operand& a, const Operand& b, const Operand& out, uint32_t number,
                     Recipe& recipe) {
  add_equations(a, b, out, 0, number, recipe);
}

void add_small_triangular(const Operand& a, const Operand& b, const Operand& out, bool upper,
                          Recipe& recipe) {
  add_equations(a, b, out, upper ? 2 : 1, 0, recipe);
}

void add_small_determinants(const Operand& a, const Operand& sign, const Operand& log,
                            const Operand& whole, Recipe& recipe) {
  KernelText text = text_of("small_determinants", a, std::string(lu_source) + determinants_kernel);
  text.add_pointers({pointer_to(a), result_at(sign), result_at(log), result_at(whole)});
  text.add_constant(static_cast<uint32_t>(a.shape.back()));
  recipe.steps.emplace_back(std::move(text));
}

}  // namespace lazulite::cuda
