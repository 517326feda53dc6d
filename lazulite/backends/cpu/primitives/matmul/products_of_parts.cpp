#include "lazulite/backends/cpu/primitives/matmul/products_of_parts.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "lazulite/backends/cpu/parallel.h"
#include "lazulite/backends/cpu/primitives/indexing/indices.h"
#include "lazulite/backends/cpu/primitives/kernel_of.h"
#include "lazulite/backends/cpu/primitives/matmul/gemm.h"
#include "lazulite/backends/cpu/primitives/movers/strided_copy.h"

namespace lazulite::cpu {
namespace {

constexpr double multiplication_ns = 0.01;
// Columns of one task; a multiple of gemm's panels.
constexpr int64_t columns_at_once = 512;

double multiplications(const GemmLayout& s) {
  return static_cast<double>(s.m) * static_cast<double>(s.n) * static_cast<double>(s.k);
}

// How many of such tasks a worker should have.
int64_t grain(double multiplications_each) {
  const double each = std::max(multiplications_each * multiplication_ns, 1.0);
  return static_cast<int64_t>(std::ceil(nanoseconds_per_worker / each));
}

// Of the last two axes of both operands; results are row-major.
GemmLayout layout_of(const Operand& a, const Operand& b) {
  const size_t row = a.shape.size() - 2, column = row + 1;
  GemmLayout out{.m = a.shape[row],
                 .n = b.shape[column],
                 .k = a.shape[column],
                 .a_row = a.strides[row],
                 .a_column = a.strides[column],
                 .b_row = b.strides[row],
                 .b_column = b.strides[column],
                 .c_row = b.shape[column]};
  out.method = choose_gemm_method(out);
  return out;
}

// Products next to each other with the same second matrix, whose first ones follow each other: one
// product of more rows, so that the second matrix is read once.
struct Run {
  int64_t first, count;
};

std::vector<Run> runs_of(const std::vector<int64_t>& lhs, const std::vector<int64_t>& rhs,
                         bool rows_follow) {
  std::vector<Run> runs;
  const auto count = static_cast<int64_t>(lhs.size());
  for (int64_t i = 0; i < count; ++i) {
    const bool goes_on = rows_follow && i > 0 && rhs[i] == rhs[i - 1] && lhs[i] == lhs[i - 1] + 1;
    if (goes_on) {
      ++runs.back().count;
    } else {
      runs.push_back({i, 1});
    }
  }
  return runs;
}

template <class T>
std::unique_ptr<Kernel> gather(const Launch& launch) {
  size_t scratch_bytes = 0;
  const RowMajorInput lhs(launch.inputs[2], &scratch_bytes), rhs(launch.inputs[3], &scratch_bytes);
  return kernel_of(
      [=, a = launch.inputs[0], b = launch.inputs[1], c = launch.outputs[0]](void* const* slots) {
        const Scratch scratch(scratch_bytes);
        const auto places_in = [&](const RowMajorInput& chosen, const Operand& of) {
          std::vector<int64_t> places(static_cast<size_t>(c.shape[0]));
          const auto* given = chosen.get<int32_t>(slots, scratch);
          std::transform(given, given + c.shape[0], places.begin(),
                         [&](int32_t place) { return nearest_place(place, of.shape[0]); });
          return places;
        };
        const std::vector<int64_t> left = places_in(lhs, a), right = places_in(rhs, b);
        const GemmLayout whole = layout_of(a, b);
        const bool rows_follow = whole.m == 1 || a.strides[0] == whole.m * whole.a_row;
        const std::vector<Run> runs = runs_of(left, right, rows_follow);
        const int64_t parts = (whole.n + columns_at_once - 1) / columns_at_once;
        const auto tasks = static_cast<int64_t>(runs.size()) * parts;
        const double each = multiplications(whole) * static_cast<double>(c.shape[0]) /
                            static_cast<double>(std::max<int64_t>(tasks, 1));
        parallel_for(tasks, grain(each), [&](int64_t begin, int64_t end, int) {
          for (int64_t task = begin; task < end; ++task) {
            const Run& run = runs[static_cast<size_t>(task / parts)];
            const int64_t column = task % parts * columns_at_once;
            GemmLayout s = whole;
            if (run.count > 1 && s.m == 1) s.a_row = a.strides[0];
            s.m *= run.count;
            s.method = choose_gemm_method(s);
            s.n = std::min(columns_at_once, whole.n - column);
            gemm(s, address<T>(slots, a) + left[run.first] * a.strides[0],
                 address<T>(slots, b) + right[run.first] * b.strides[0] + column * s.b_column,
                 address<T>(slots, c) + run.first * whole.m * whole.n + column, false);
          }
        });
      });
}

template <class T>
std::unique_ptr<Kernel> segmented(const Launch& launch) {
  size_t scratch_bytes = 0;
  const RowMajorInput segments(launch.inputs[2], &scratch_bytes);
  return kernel_of([=, a = launch.inputs[0], b = launch.inputs[1],
                    c = launch.outputs[0]](void* const* slots) {
    const Scratch scratch(scratch_bytes);
    const auto* ends = segments.get<int64_t>(slots, scratch);
    const GemmLayout whole = layout_of(a, b);
    const int64_t parts = (whole.n + columns_at_once - 1) / columns_at_once;
    const double each = multiplications(whole) / static_cast<double>(std::max<int64_t>(parts, 1));
    parallel_for(c.shape[0] * parts, grain(each), [&](int64_t begin, int64_t end, int) {
      for (int64_t task = begin; task < end; ++task) {
        const int64_t segment = task / parts, column = task % parts * columns_at_once;
        const int64_t first = std::clamp<int64_t>(ends[2 * segment], 0, whole.k);
        const int64_t last = std::clamp<int64_t>(ends[2 * segment + 1], first, whole.k);
        GemmLayout s = whole;
        s.n = std::min(columns_at_once, whole.n - column);
        s.k = last - first;
        gemm(s, address<T>(slots, a) + first * s.a_column,
             address<T>(slots, b) + first * s.b_row + column * s.b_column,
             address<T>(slots, c) + segment * whole.m * whole.n + column, false);
      }
    });
  });
}

// A mask of blocks, or none, which lets all pass.
struct BlockMask {
  BlockMask(const Call& call, size_t attribute, const Launch& launch, size_t* next) {
    if (call.attribute<int64_t>(attribute) != 0) operand = launch.inputs[(*next)++];
  }
  bool at(void* const* slots, int64_t matrix, int64_t row, int64_t column) const {
    if (!operand) return true;
    const Strides& s = operand->strides;
    return address<bool>(slots, *operand)[matrix * s[0] + row * s[1] + column * s[2]];
  }
  std::optional<Operand> operand;
};

// Which blocks along k one block of the product adds up; none where its own is left out.
struct BlockMasks {
  BlockMasks(const Call& call, const Launch& launch, size_t next = 2)
      : of_product(call, 1, launch, &next),
        of_lhs(call, 2, launch, &next),
        of_rhs(call, 3, launch, &next) {}
  void read(void* const* slots, int64_t matrix, int64_t row, int64_t column,
            std::vector<bool>& out) const {
    const bool any = of_product.at(slots, matrix, row, column);
    for (size_t k = 0; k < out.size(); ++k) {
      const auto block = static_cast<int64_t>(k);
      out[k] =
          any && of_lhs.at(slots, matrix, row, block) && of_rhs.at(slots, matrix, block, column);
    }
  }
  // Blocks of the product that are computed although a block of one factor is left out.
  template <class OfLhs, class OfRhs>
  void for_lone_blocks(void* const* slots, int64_t matrix, int64_t row, int64_t columns,
                       int64_t along, const OfLhs& lhs_left_out, const OfRhs& rhs_left_out) const {
    if (!of_lhs.operand && !of_rhs.operand) return;
    for (int64_t column = 0; column < columns; ++column) {
      if (!of_product.at(slots, matrix, row, column)) continue;
      for (int64_t k = 0; k < along; ++k) {
        const bool lhs = of_lhs.at(slots, matrix, row, k);
        if (lhs == of_rhs.at(slots, matrix, k, column)) continue;
        lhs ? rhs_left_out(k, column) : lhs_left_out(k, column);
      }
    }
  }
  BlockMask of_product, of_lhs, of_rhs;
};

// One row of blocks of one product. Neighbours that add up the same blocks are computed together.
template <class T>
class BlockRow {
 public:
  BlockRow(const GemmLayout& whole, int64_t size, const T* a, const T* b, T* c)
      : whole_(whole), size_(size), a_(a), b_(b), c_(c) {}

  // Blocks [begin, end) of columns.
  void compute(const std::vector<bool>& chosen, int64_t begin, int64_t end) const {
    GemmLayout s = whole_;
    const int64_t column = begin * size_;
    s.n = std::min(end * size_, whole_.n) - column;
    bool accumulate = false;
    for (size_t k = 0; k < chosen.size();) {
      if (!chosen[k]) {
        ++k;
        continue;
      }
      const auto first = static_cast<int64_t>(k);
      while (k < chosen.size() && chosen[k]) ++k;
      s.k = std::min(static_cast<int64_t>(k) * size_, whole_.k) - first * size_;
      gemm(s, a_ + first * size_ * s.a_column, b_ + first * size_ * s.b_row + column * s.b_column,
           c_ + column, accumulate);
      accumulate = true;
    }
    if (accumulate) return;
    for (int64_t i = 0; i < s.m; ++i) std::fill_n(c_ + i * s.c_row + column, s.n, T(0));
  }

  // What is left out counts as zeros, and zero times what is not finite is NaN: where a block of
  // the first matrix is left out, and not the one of the second that it meets.
  void add_zeros_times(int64_t block, int64_t column) const {
    for (int64_t j = column * size_; j < std::min((column + 1) * size_, whole_.n); ++j) {
      if (is_finite(b_ + j * whole_.b_column, whole_.b_row, block)) continue;
      for (int64_t i = 0; i < whole_.m; ++i) c_[i * whole_.c_row + j] = nan;
    }
  }

  // The same where the block of the second matrix is left out.
  void add_times_zeros(int64_t block, int64_t column) const {
    const int64_t first = column * size_, count = std::min(size_, whole_.n - first);
    for (int64_t i = 0; i < whole_.m; ++i) {
      if (is_finite(a_ + i * whole_.a_row, whole_.a_column, block)) continue;
      std::fill_n(c_ + i * whole_.c_row + first, count, nan);
    }
  }

 private:
  static constexpr T nan = std::numeric_limits<T>::quiet_NaN();

  // Whether all elements of a row or column are that lie in a block along k.
  bool is_finite(const T* x, int64_t stride, int64_t block) const {
    const int64_t end = std::min((block + 1) * size_, whole_.k);
    for (int64_t k = block * size_; k < end; ++k) {
      if (!std::isfinite(x[k * stride])) return false;
    }
    return true;
  }

  const GemmLayout whole_;
  const int64_t size_;
  const T *a_, *b_;
  T* c_;
};

template <class T>
std::unique_ptr<Kernel> block_masked(const Call& call, const Launch& launch) {
  return kernel_of([size = call.attribute<int64_t>(0), masks = BlockMasks(call, launch),
                    a = launch.inputs[0], b = launch.inputs[1],
                    c = launch.outputs[0]](void* const* slots) {
    const GemmLayout whole = layout_of(a, b);
    auto blocks = [&](int64_t length) { return (length + size - 1) / size; };
    const int64_t rows = blocks(whole.m), columns = blocks(whole.n);
    const double each = multiplications(whole) / static_cast<double>(std::max<int64_t>(rows, 1));
    parallel_for(c.shape[0] * rows, grain(each), [&](int64_t begin, int64_t end, int) {
      std::vector<bool> chosen(static_cast<size_t>(blocks(whole.k))), next = chosen;
      for (int64_t task = begin; task < end; ++task) {
        const int64_t matrix = task / rows, row = task % rows;
        GemmLayout s = whole;
        s.m = std::min(size, whole.m - row * size);
        s.method = choose_gemm_method(s);
        const BlockRow<T> out(s, size,
                              address<T>(slots, a) + matrix * a.strides[0] + row * size * s.a_row,
                              address<T>(slots, b) + matrix * b.strides[0],
                              address<T>(slots, c) + (matrix * whole.m + row * size) * whole.n);
        int64_t first = 0;
        masks.read(slots, matrix, row, 0, chosen);
        for (int64_t column = 1; column <= columns; ++column) {
          if (column < columns) masks.read(slots, matrix, row, column, next);
          if (column < columns && next == chosen) continue;
          out.compute(chosen, first, column);
          first = column;
          chosen.swap(next);
        }
        masks.for_lone_blocks(
            slots, matrix, row, columns, blocks(whole.k),
            [&](int64_t k, int64_t column) { out.add_zeros_times(k, column); },
            [&](int64_t k, int64_t column) { out.add_times_zeros(k, column); });
      }
    });
  });
}

}  // namespace

std::unique_ptr<Kernel> make_gather_mm(const Launch& launch) {
  return launch.inputs[0].dtype == Dtype::float64 ? gather<double>(launch) : gather<float>(launch);
}

std::unique_ptr<Kernel> make_segmented_mm(const Launch& launch) {
  return launch.inputs[0].dtype == Dtype::float64 ? segmented<double>(launch)
                                                  : segmented<float>(launch);
}

std::unique_ptr<Kernel> make_block_masked_mm(const Call& call, const Launch& launch) {
  return launch.inputs[0].dtype == Dtype::float64 ? block_masked<double>(call, launch)
                                                  : block_masked<float>(call, launch);
}

}  // namespace lazulite::cpu
