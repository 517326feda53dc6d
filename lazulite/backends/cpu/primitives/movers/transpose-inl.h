// Included once for each target of Highway, inside no namespace.
#if defined(LAZULITE_CPU_TRANSPOSE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef LAZULITE_CPU_TRANSPOSE_INL_H
#undef LAZULITE_CPU_TRANSPOSE_INL_H
#else
#define LAZULITE_CPU_TRANSPOSE_INL_H
#endif

#include <hwy/highway.h>

#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
HWY_INLINE void transpose_scalar(const T* from, int64_t from_stride, T* to, int64_t to_stride,
                                 int64_t rows, int64_t columns) {
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < columns; ++j) to[i * to_stride + j] = from[j * from_stride + i];
  }
}

// Sides of the square of elements of four or eight bytes that four or two vectors hold.
template <class T>
constexpr int64_t transposed_side = 16 / sizeof(T);

template <class T>
HWY_INLINE void transpose_square(const T* from, int64_t from_stride, T* to, int64_t to_stride) {
  const hn::FixedTag<T, transposed_side<T>> d;
  const auto r0 = hn::LoadU(d, from);
  const auto r1 = hn::LoadU(d, from + from_stride);
  if constexpr (sizeof(T) == 8) {
    hn::StoreU(hn::InterleaveLower(d, r0, r1), d, to);
    hn::StoreU(hn::InterleaveUpper(d, r0, r1), d, to + to_stride);
  } else {
    const hn::Repartition<uint64_t, decltype(d)> d64;
    const auto r2 = hn::LoadU(d, from + 2 * from_stride);
    const auto r3 = hn::LoadU(d, from + 3 * from_stride);
    const auto low01 = hn::BitCast(d64, hn::InterleaveLower(d, r0, r1));
    const auto low23 = hn::BitCast(d64, hn::InterleaveLower(d, r2, r3));
    const auto high01 = hn::BitCast(d64, hn::InterleaveUpper(d, r0, r1));
    const auto high23 = hn::BitCast(d64, hn::InterleaveUpper(d, r2, r3));
    hn::StoreU(hn::BitCast(d, hn::InterleaveLower(d64, low01, low23)), d, to);
    hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(d64, low01, low23)), d, to + to_stride);
    hn::StoreU(hn::BitCast(d, hn::InterleaveLower(d64, high01, high23)), d, to + 2 * to_stride);
    hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(d64, high01, high23)), d, to + 3 * to_stride);
  }
}

// The first two columns of such a square of elements of four bytes.
template <class T>
HWY_INLINE void transpose_pair(const T* from, int64_t from_stride, T* to, int64_t to_stride) {
  const hn::FixedTag<T, 4> d;
  const hn::Half<decltype(d)> half;
  const auto r0 = hn::LoadU(d, from);
  const auto r1 = hn::LoadU(d, from + from_stride);
  const auto low = hn::InterleaveLower(d, r0, r1);
  const auto high = hn::InterleaveUpper(d, r0, r1);
  hn::StoreU(hn::LowerHalf(half, low), half, to);
  hn::StoreU(hn::UpperHalf(half, low), half, to + to_stride);
  hn::StoreU(hn::LowerHalf(half, high), half, to + 2 * to_stride);
  hn::StoreU(hn::UpperHalf(half, high), half, to + 3 * to_stride);
}

// to[i * to_stride + j] = from[j * from_stride + i] for i < rows, j < columns, where rows of what
// is written lie close together: squares first, then what they leave of columns and rows.
template <class T>
HWY_INLINE void transpose_to_panel(const T* from, int64_t from_stride, T* to, int64_t to_stride,
                                   int64_t rows, int64_t columns) {
  constexpr int64_t side = transposed_side<T>;
  const int64_t whole_rows = rows / side * side;
  int64_t whole_columns = columns / side * side;
  for (int64_t j = 0; j < whole_columns; j += side) {
    for (int64_t i = 0; i < whole_rows; i += side) {
      transpose_square(from + j * from_stride + i, from_stride, to + i * to_stride + j, to_stride);
    }
  }
  if constexpr (side == 4) {
    if (whole_columns + 2 <= columns) {
      const T* pair = from + whole_columns * from_stride;
      for (int64_t i = 0; i < whole_rows; i += side) {
        transpose_pair(pair + i, from_stride, to + i * to_stride + whole_columns, to_stride);
      }
      whole_columns += 2;
    }
  }
  transpose_scalar(from + whole_columns * from_stride, from_stride, to + whole_columns, to_stride,
                   whole_rows, columns - whole_columns);
  transpose_scalar(from + whole_rows, from_stride, to + whole_rows * to_stride, to_stride,
                   rows - whole_rows, columns);
}

}  // namespace HWY_NAMESPACE
}  // namespace lazulite::cpu
HWY_AFTER_NAMESPACE();

#endif
