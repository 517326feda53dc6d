#include <algorithm>
#include <cmath>
#include <limits>

#include "lazulite/backends/cpu/parallel.h"
#include "lazulite/backends/cpu/primitives/half/through_float.h"
#include "lazulite/backends/cpu/primitives/kernel_of.h"
#include "lazulite/backends/cpu/primitives/matmul/matmul_shape.h"
#include "lazulite/backends/cpu/primitives/onednn/onednn.h"
#include "lazulite/backends/cpu/primitives/primitives.h"

namespace lazulite::cpu {
namespace {

// Of one multiplication, and of one element of b that is used only once: it comes from memory.
constexpr double multiplication_ns = 0.008, element_ns = 0.06;
constexpr double complex_multiplication_ns = 1;

// About how long a product takes on one thread.
double nanoseconds(const MatmulShape& shape) {
  const GemmLayout& s = shape.layout;
  return shape.multiplications() * (multiplication_ns + element_ns / static_cast<double>(s.m));
}

// How the rows and columns of each product are divided among the workers.
struct Grid {
  int64_t rows = 1;
  int64_t columns = 1;
};

Grid choose_grid(const MatmulShape& shape) {
  const double useful = std::max(nanoseconds(shape) / nanoseconds_per_worker, 1.0);
  const int64_t workers = std::min<int64_t>(thread_count(), static_cast<int64_t>(useful));
  const int64_t parts = (workers + shape.batch_size() - 1) / shape.batch_size();
  const GemmLayout& s = shape.layout;
  Grid best;
  // The least operands to read for each part.
  int64_t least = std::numeric_limits<int64_t>::max();
  for (int64_t rows = 1; rows <= parts; ++rows) {
    const int64_t columns = (parts + rows - 1) / rows;
    const int64_t read = (s.m + rows - 1) / rows + (s.n + columns - 1) / columns;
    if (read < least) {
      least = read;
      best = {rows, columns};
    }
  }
  return best;
}

// The start of part `index` of `parts` of `size`, at a multiple of `unit`.
int64_t part_start(int64_t size, int64_t unit, int64_t index, int64_t parts) {
  return index == parts ? size : size * index / parts / unit * unit;
}

int64_t batch_offset(const Shape& batch, const Strides& strides, int64_t index) {
  int64_t offset = 0;
  for (size_t i = batch.size(); i-- > 0;) {
    offset += index % batch[i] * strides[i];
    index /= batch[i];
  }
  return offset;
}

template <class T>
std::unique_ptr<Kernel> make_gemm(const MatmulShape& shape, const Launch& launch) {
  return kernel_of([shape, a = launch.inputs[shape.swapped], b = launch.inputs[!shape.swapped],
                    c = launch.outputs[0]](void* const* slots) {
    if (c.size() == 0) return;
    const T* left = address<T>(slots, a);
    const T* right = address<T>(slots, b);
    T* result = address<T>(slots, c);
    const Grid grid = choose_grid(shape);
    const int64_t parts = grid.rows * grid.columns;
    const double each =
        std::max(nanoseconds(shape) / static_cast<double>(parts * shape.batch_size()), 1.0);
    const auto tasks_each = static_cast<int64_t>(std::ceil(nanoseconds_per_worker / each));
    const int64_t tasks = shape.batch_size() * parts;
    const int64_t workers = std::clamp<int64_t>(tasks / tasks_each, 1, thread_count());
    const bool brief = nanoseconds(shape) / static_cast<double>(workers) < 100'000;
    parallel_parts(tasks, workers, brief, [&](int64_t begin, int64_t end, int) {
      for (int64_t task = begin; task < end; ++task) {
        const int64_t index = task / parts;
        const int64_t part = task % parts;
        GemmLayout s = shape.layout;
        const int64_t i = part_start(s.m, 14, part / grid.columns, grid.rows);
        const int64_t j = part_start(s.n, 32, part % grid.columns, grid.columns);
        const int64_t i_end = part_start(s.m, 14, part / grid.columns + 1, grid.rows);
        const int64_t j_end = part_start(s.n, 32, part % grid.columns + 1, grid.columns);
        const int64_t c_start = index * s.m * s.n + i * s.c_row + j;
        s.m = i_end - i;
        s.n = j_end - j;
        gemm(s, left + batch_offset(shape.batch, shape.a_batch, index) + i * s.a_row,
             right + batch_offset(shape.batch, shape.b_batch, index) + j * s.b_column,
             result + c_start, false);
      }
    });
  });
}

// Rows of complex numbers, one part of a product after the other.
void multiply_complex(const GemmLayout& s, const complex64* a, const complex64* b, complex64* c,
                      int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; ++i) {
    complex64* row = c + i * s.c_row;
    std::fill_n(row, s.n, complex64(0));
    for (int64_t p = 0; p < s.k; ++p) {
      const complex64 x = a[i * s.a_row + p * s.a_column];
      const complex64* from = b + p * s.b_row;
      for (int64_t j = 0; j < s.n; ++j) {
        const complex64 y = from[j * s.b_column];
        row[j] += complex64(x.real() * y.real() - x.imag() * y.imag(),
                            x.real() * y.imag() + x.imag() * y.real());
      }
    }
  }
}

std::unique_ptr<Kernel> make_complex(const MatmulShape& shape, const Launch& launch) {
  return kernel_of([shape, a = launch.inputs[shape.swapped], b = launch.inputs[!shape.swapped],
                    c = launch.outputs[0]](void* const* slots) {
    const GemmLayout& s = shape.layout;
    for (int64_t index = 0; index < shape.batch_size(); ++index) {
      const complex64* left =
          address<complex64>(slots, a) + batch_offset(shape.batch, shape.a_batch, index);
      const complex64* right =
          address<complex64>(slots, b) + batch_offset(shape.batch, shape.b_batch, index);
      complex64* result = address<complex64>(slots, c) + index * s.m * s.n;
      const double row_ns = static_cast<double>(s.n * s.k + 1) * complex_multiplication_ns;
      const auto rows_each = static_cast<int64_t>(std::ceil(nanoseconds_per_worker / row_ns));
      parallel_for(s.m, rows_each, [&](int64_t begin, int64_t end, int) {
        multiply_complex(s, left, right, result, begin, end);
      });
    }
  });
}

std::unique_ptr<Kernel> make_own(const Launch& launch) {
  const Dtype dtype = launch.inputs[0].dtype;
  if (is_half(dtype)) return make_through_float(launch);
  const MatmulShape shape(launch);
  if (dtype == Dtype::complex64) return make_complex(shape, launch);
  return dtype == Dtype::float64 ? make_gemm<double>(shape, launch)
                                 : make_gemm<float>(shape, launch);
}

}  // namespace

bool accepts(const Matmul&, const Launch& launch) { return is_inexact(launch.inputs[0].dtype); }

std::unique_ptr<Kernel> make(const Matmul& p, const Launch& launch) {
  return make_onednn_or(p, launch, [&launch] { return make_own(launch); });
}

LAZULITE_CPU_KERNEL(Matmul);

}  // namespace lazulite::cpu
