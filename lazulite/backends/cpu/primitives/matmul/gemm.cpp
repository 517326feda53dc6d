// Matrix products in blocks that fit the caches, after Goto and van de Geijn, "Anatomy of
// high-performance matrix multiplication" (2008).
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lazulite/backends/cpu/primitives/matmul/gemm.cpp"
#include "lazulite/backends/cpu/simd.h"

// After simd.h, which limits the targets.
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>

#include "lazulite/backends/cpu/primitives/matmul/gemm.h"
#include "lazulite/backends/cpu/primitives/matmul/gemm_tiles-inl.h"
#include "lazulite/backends/cpu/primitives/movers/transpose-inl.h"
#include "lazulite/backends/cpu/primitives/scratch.h"

HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu {
namespace HWY_NAMESPACE {

// Rows of b in a block: a panel of them stays in the first cache.
constexpr int64_t block_k = 256;
// Columns of b in a block, which stays in the second or third cache.
constexpr int64_t block_n = 1024;

// Rows of a in a tile, so that the tiles of a block are about equal.
HWY_INLINE int64_t balanced_rows(int64_t m) {
  const int64_t tiles = (m + tile_rows - 1) / tile_rows;
  return (m + tiles - 1) / tiles;
}

// Tiles of `rows` rows of a, each as [k][rows].
template <class T>
HWY_INLINE void pack_a(const GemmLayout& s, const T* a, int64_t m, int64_t k, int64_t rows, T* to) {
  for (int64_t i0 = 0; i0 < m; i0 += rows) {
    const int64_t count = std::min(rows, m - i0);
    const T* from = a + i0 * s.a_row;
    if (s.a_row == 1) {
      for (int64_t p = 0; p < k; ++p) {
        for (int64_t i = 0; i < count; ++i) to[p * count + i] = from[p * s.a_column + i];
      }
    } else if (s.a_column == 1) {
      transpose_to_panel(from, s.a_row, to, count, k, count);
    } else {
      for (int64_t i = 0; i < count; ++i) {
        for (int64_t p = 0; p < k; ++p) to[p * count + i] = from[i * s.a_row + p * s.a_column];
      }
    }
    to += count * k;
  }
}

// Panels of `width` columns of b, each as [k][width]; the last one is filled up with zeros.
template <class T>
HWY_INLINE void pack_b(const GemmLayout& s, const T* b, int64_t k, int64_t n, int64_t width,
                       T* to) {
  for (int64_t j0 = 0; j0 < n; j0 += width) {
    const int64_t count = std::min(width, n - j0);
    const T* from = b + j0 * s.b_column;
    if (s.b_column == 1) {
      for (int64_t p = 0; p < k; ++p) {
        std::copy_n(from + p * s.b_row, count, to + p * width);
      }
    } else if (s.b_row == 1) {
      transpose_to_panel(from, s.b_column, to, width, k, count);
    } else {
      for (int64_t j = 0; j < count; ++j) {
        for (int64_t p = 0; p < k; ++p) to[p * width + j] = from[j * s.b_column + p * s.b_row];
      }
    }
    for (int64_t p = 0; p < k && count < width; ++p) {
      std::fill(to + p * width + count, to + (p + 1) * width, T(0));
    }
    to += width * k;
  }
}

// Where the panels of both operands are packed: room for that many elements of each.
template <class T>
class PackedPair {
  size_t bytes_ = 0, a_offset_, b_offset_;
  Scratch scratch_;

 public:
  PackedPair(int64_t a_size, int64_t b_size)
      : a_offset_(reserve_scratch(static_cast<size_t>(a_size) * sizeof(T), &bytes_)),
        b_offset_(reserve_scratch(static_cast<size_t>(b_size) * sizeof(T), &bytes_)),
        scratch_(bytes_),
        a(scratch_.at<T>(a_offset_)),
        b(scratch_.at<T>(b_offset_)) {}
  T* const a;
  T* const b;
};

template <class T>
void gemm_packed(const GemmLayout& s, const T* a, const T* b, T* c, bool accumulate) {
  constexpr int64_t width = tile_vectors * lanes_of<T>();
  const int64_t rows = balanced_rows(s.m);
  const int64_t block_m = 12 * rows;
  const int64_t kc = std::min(block_k, s.k);
  const int64_t nc = std::min(block_n, (s.n + width - 1) / width * width);
  const PackedPair<T> packed(std::min(block_m, s.m) * kc, nc * kc);
  for (int64_t p0 = 0; p0 < s.k; p0 += kc) {
    const int64_t k = std::min(kc, s.k - p0);
    const bool add = accumulate || p0 > 0;
    for (int64_t j0 = 0; j0 < s.n; j0 += nc) {
      const int64_t n = std::min(nc, s.n - j0);
      pack_b(s, b + p0 * s.b_row + j0 * s.b_column, k, n, width, packed.b);
      for (int64_t i0 = 0; i0 < s.m; i0 += block_m) {
        const int64_t m = std::min(block_m, s.m - i0);
        pack_a(s, a + i0 * s.a_row + p0 * s.a_column, m, k, rows, packed.a);
        for (int64_t j = 0; j < n; j += width) {
          for (int64_t i = 0; i < m; i += rows) {
            const int64_t count = std::min(rows, m - i);
            tile_function<T>(count)(k, packed.a + i * k, packed.b + j * k, width,
                                    c + (i0 + i) * s.c_row + j0 + j, s.c_row,
                                    std::min(width, n - j), add);
          }
        }
      }
    }
  }
}

// Reads whole panels of b's rows in place; only the columns left over are packed.
template <class T>
void gemm_direct_b(const GemmLayout& s, const T* a, const T* b, T* c, bool accumulate) {
  constexpr int64_t lanes = lanes_of<T>();
  constexpr int64_t width = tile_vectors * lanes;
  const int64_t rows = balanced_rows(s.m);
  const int64_t kc = std::min(block_k, s.k);
  const PackedPair<T> packed(s.m * kc, width * kc);
  for (int64_t p0 = 0; p0 < s.k; p0 += kc) {
    const int64_t k = std::min(kc, s.k - p0);
    const bool add = accumulate || p0 > 0;
    pack_a(s, a + p0 * s.a_column, s.m, k, rows, packed.a);
    int64_t j = 0;
    if (s.m == 1) {
      for (; j + row_vectors * lanes <= s.n; j += row_vectors * lanes) {
        multiply_tile<1, row_vectors>(k, packed.a, b + p0 * s.b_row + j, s.b_row, c + j, s.c_row,
                                      row_vectors * lanes, add);
      }
    }
    for (; j < s.n; j += width) {
      const T* panel = b + p0 * s.b_row + j;
      int64_t panel_row = s.b_row;
      if (j + width > s.n) {
        pack_b(s, panel, k, s.n - j, width, packed.b);
        panel = packed.b;
        panel_row = width;
      }
      for (int64_t i = 0; i < s.m; i += rows) {
        const int64_t count = std::min(rows, s.m - i);
        tile_function<T>(count)(k, packed.a + i * k, panel, panel_row, c + i * s.c_row + j, s.c_row,
                                std::min(width, s.n - j), add);
      }
    }
  }
}

template <int columns, class T>
HWY_INLINE void dots_of_columns(const GemmLayout& s, const T* a, const T* b, T* c,
                                bool accumulate) {
  int64_t i = 0;
  for (; i + dot_rows <= s.m; i += dot_rows) {
    multiply_dots<dot_rows, columns>(s.k, a + i * s.a_row, s.a_row, b, s.b_column, c + i * s.c_row,
                                     s.c_row, accumulate);
  }
  for (; i < s.m; ++i) {
    multiply_dots<1, columns>(s.k, a + i * s.a_row, s.a_row, b, s.b_column, c + i * s.c_row,
                              s.c_row, accumulate);
  }
}

template <class T>
void gemm_dots(const GemmLayout& s, const T* a, const T* b, T* c, bool accumulate) {
  int64_t j = 0;
  for (; j + dot_columns <= s.n; j += dot_columns) {
    dots_of_columns<dot_columns>(s, a, b + j * s.b_column, c + j, accumulate);
  }
  for (; j < s.n; ++j) dots_of_columns<1>(s, a, b + j * s.b_column, c + j, accumulate);
}

template <class T>
void gemm_any(const GemmLayout& s, const T* a, const T* b, T* c, bool accumulate) {
  switch (s.method) {
    case GemmMethod::packed: return gemm_packed(s, a, b, c, accumulate);
    case GemmMethod::direct_b: return gemm_direct_b(s, a, b, c, accumulate);
    case GemmMethod::dots: return gemm_dots(s, a, b, c, accumulate);
  }
}

void gemm_float(const GemmLayout& s, const float* a, const float* b, float* c, bool accumulate) {
  gemm_any(s, a, b, c, accumulate);
}
void gemm_double(const GemmLayout& s, const double* a, const double* b, double* c,
                 bool accumulate) {
  gemm_any(s, a, b, c, accumulate);
}

}  // namespace HWY_NAMESPACE
}  // namespace lazulite::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lazulite::cpu {
namespace {

HWY_EXPORT(gemm_float);
HWY_EXPORT(gemm_double);

// Rows of a up to which copying b costs more than it gains.
constexpr int64_t few_rows = 64;
// Columns of b up to which copying a does.
constexpr int64_t few_columns = 16;

template <class T>
void clear(const GemmLayout& s, T* c) {
  for (int64_t i = 0; i < s.m; ++i) std::fill_n(c + i * s.c_row, s.n, T(0));
}

}  // namespace

GemmMethod choose_gemm_method(const GemmLayout& s) {
  const bool dots = s.a_column == 1 && s.b_row == 1;
  if (dots && s.n <= few_columns) return GemmMethod::dots;
  if (s.m > few_rows) return GemmMethod::packed;
  if (dots) return GemmMethod::dots;
  return s.b_column == 1 ? GemmMethod::direct_b : GemmMethod::packed;
}

void gemm(const GemmLayout& s, const float* a, const float* b, float* c, bool accumulate) {
  if (s.k == 0 && !accumulate) clear(s, c);
  if (s.m == 0 || s.n == 0 || s.k == 0) return;
  HWY_DYNAMIC_DISPATCH(gemm_float)(s, a, b, c, accumulate);
}

void gemm(const GemmLayout& s, const double* a, const double* b, double* c, bool accumulate) {
  if (s.k == 0 && !accumulate) clear(s, c);
  if (s.m == 0 || s.n == 0 || s.k == 0) return;
  HWY_DYNAMIC_DISPATCH(gemm_double)(s, a, b, c, accumulate);
}

}  // namespace lazulite::cpu
#endif
