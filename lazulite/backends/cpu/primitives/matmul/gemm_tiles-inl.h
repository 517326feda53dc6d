// Included once for each target of Highway, inside no namespace.
#if defined(LAZULITE_CPU_GEMM_TILES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef LAZULITE_CPU_GEMM_TILES_INL_H
#undef LAZULITE_CPU_GEMM_TILES_INL_H
#else
#define LAZULITE_CPU_GEMM_TILES_INL_H
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>

#include "lazulite/backends/cpu/primitives/reduction/partial-inl.h"

#ifndef LAZULITE_UNROLL
#ifdef __clang__
#define LAZULITE_UNROLL _Pragma("clang loop unroll(full)")
#else
#define LAZULITE_UNROLL _Pragma("GCC unroll 16")
#endif
#endif

HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Accumulators of a tile fill the vector registers, less what holds the operands.
#if HWY_TARGET == HWY_AVX3
constexpr int tile_rows = 14;
constexpr int dot_rows = 4, dot_columns = 6;
#elif HWY_ARCH_X86
constexpr int tile_rows = 6;
constexpr int dot_rows = 3, dot_columns = 3;
#else
constexpr int tile_rows = 12;
constexpr int dot_rows = 4, dot_columns = 5;
#endif
constexpr int tile_vectors = 2;
constexpr int row_vectors = 8;  // for a tile of one row

template <class T>
HWY_INLINE constexpr int64_t lanes_of() {
  return static_cast<int64_t>(hn::MaxLanes(hn::ScalableTag<T>()));
}

// c (rows x vectors of columns) = or += a panel of a, packed as [k][rows], times rows of b, of
// which `columns` elements are stored.
template <int rows, int vectors, class T>
HWY_ATTR void multiply_tile(int64_t k, const T* HWY_RESTRICT a, const T* HWY_RESTRICT b,
                            int64_t b_row, T* HWY_RESTRICT c, int64_t c_row, int64_t columns,
                            bool accumulate) {
  const hn::ScalableTag<T> d;
  constexpr int64_t lanes = lanes_of<T>();
  hn::Vec<decltype(d)> sums[rows][vectors];
  LAZULITE_UNROLL
  for (int i = 0; i < rows; ++i) {
    LAZULITE_UNROLL
    for (int j = 0; j < vectors; ++j) sums[i][j] = hn::Zero(d);
  }
  for (int64_t p = 0; p < k; ++p, a += rows, b += b_row) {
    hn::Vec<decltype(d)> right[vectors];
    LAZULITE_UNROLL
    for (int j = 0; j < vectors; ++j) right[j] = hn::LoadU(d, b + j * lanes);
    LAZULITE_UNROLL
    for (int i = 0; i < rows; ++i) {
      const auto left = hn::Set(d, a[i]);
      LAZULITE_UNROLL
      for (int j = 0; j < vectors; ++j) sums[i][j] = hn::MulAdd(left, right[j], sums[i][j]);
    }
  }
  if (columns == vectors * lanes) {
    LAZULITE_UNROLL
    for (int i = 0; i < rows; ++i) {
      LAZULITE_UNROLL
      for (int j = 0; j < vectors; ++j) {
        T* to = c + i * c_row + j * lanes;
        hn::StoreU(accumulate ? hn::Add(hn::LoadU(d, to), sums[i][j]) : sums[i][j], d, to);
      }
    }
    return;
  }
  LAZULITE_UNROLL
  for (int j = 0; j < vectors; ++j) {
    const int64_t left = columns - j * lanes;
    if (left <= 0) break;
    const int64_t count = std::min(left, lanes);
    LAZULITE_UNROLL
    for (int i = 0; i < rows; ++i) {
      T* to = c + i * c_row + j * lanes;
      const auto sum = accumulate ? hn::Add(load_first(d, to, count), sums[i][j]) : sums[i][j];
      store_first(sum, d, to, count);
    }
  }
}

template <class T>
using TileFunction = void (*)(int64_t, const T*, const T*, int64_t, T*, int64_t, int64_t, bool);

// The kernel of a tile of 1 to tile_rows rows.
template <class T, int rows = tile_rows>
HWY_INLINE TileFunction<T> tile_function(int64_t wanted) {
  if constexpr (rows == 1) {
    return multiply_tile<1, tile_vectors, T>;
  } else {
    return wanted == rows ? multiply_tile<rows, tile_vectors, T>
                          : tile_function<T, rows - 1>(wanted);
  }
}

// c (rows x columns) = or += the inner products of rows of a with columns of b, both with their
// elements side by side.
template <int rows, int columns, class T>
HWY_ATTR void multiply_dots(int64_t k, const T* HWY_RESTRICT a, int64_t a_row,
                            const T* HWY_RESTRICT b, int64_t b_column, T* HWY_RESTRICT c,
                            int64_t c_row, bool accumulate) {
  const hn::ScalableTag<T> d;
  constexpr int64_t lanes = lanes_of<T>();
  hn::Vec<decltype(d)> sums[rows][columns];
  LAZULITE_UNROLL
  for (int i = 0; i < rows; ++i) {
    LAZULITE_UNROLL
    for (int j = 0; j < columns; ++j) sums[i][j] = hn::Zero(d);
  }
  int64_t p = 0;
  for (; p + lanes <= k; p += lanes) {
    hn::Vec<decltype(d)> right[columns];
    LAZULITE_UNROLL
    for (int j = 0; j < columns; ++j) right[j] = hn::LoadU(d, b + j * b_column + p);
    LAZULITE_UNROLL
    for (int i = 0; i < rows; ++i) {
      const auto left = hn::LoadU(d, a + i * a_row + p);
      LAZULITE_UNROLL
      for (int j = 0; j < columns; ++j) sums[i][j] = hn::MulAdd(left, right[j], sums[i][j]);
    }
  }
  if (p < k) {
    LAZULITE_UNROLL
    for (int j = 0; j < columns; ++j) {
      const auto right = load_first(d, b + j * b_column + p, k - p);
      LAZULITE_UNROLL
      for (int i = 0; i < rows; ++i) {
        sums[i][j] = hn::MulAdd(load_first(d, a + i * a_row + p, k - p), right, sums[i][j]);
      }
    }
  }
  LAZULITE_UNROLL
  for (int i = 0; i < rows; ++i) {
    LAZULITE_UNROLL
    for (int j = 0; j < columns; ++j) {
      const T sum = hn::GetLane(hn::SumOfLanes(d, sums[i][j]));
      c[i * c_row + j] = accumulate ? c[i * c_row + j] + sum : sum;
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace lazulite::cpu
HWY_AFTER_NAMESPACE();

#endif
