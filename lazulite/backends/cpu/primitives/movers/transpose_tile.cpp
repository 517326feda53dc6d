#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lazulite/backends/cpu/primitives/movers/transpose_tile.cpp"
#include "lazulite/backends/cpu/simd.h"

// After simd.h, which limits the targets.
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "lazulite/backends/cpu/primitives/movers/transpose_tile.h"

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

HWY_INLINE void transpose_block(const uint32_t* from, int64_t from_stride, uint32_t* to,
                                int64_t to_stride) {
  const hn::FixedTag<uint32_t, 4> d;
  const hn::Repartition<uint64_t, decltype(d)> d64;
  const auto r0 = hn::LoadU(d, from);
  const auto r1 = hn::LoadU(d, from + from_stride);
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

HWY_INLINE void transpose_block(const uint64_t* from, int64_t from_stride, uint64_t* to,
                                int64_t to_stride) {
  const hn::FixedTag<uint64_t, 2> d;
  const auto r0 = hn::LoadU(d, from);
  const auto r1 = hn::LoadU(d, from + from_stride);
  hn::StoreU(hn::InterleaveLower(d, r0, r1), d, to);
  hn::StoreU(hn::InterleaveUpper(d, r0, r1), d, to + to_stride);
}

// Sixteen elements of four bytes fill a line of the cache: lines are read and written whole before
// the next ones push them out.
template <int block, class T>
HWY_INLINE void transpose_blocks(const T* from, int64_t from_stride, T* to, int64_t to_stride,
                                 int64_t rows, int64_t columns) {
  constexpr int64_t line = 64 / sizeof(T);
  const int64_t whole_rows = rows / line * line;
  const int64_t whole_columns = columns / line * line;
  for (int64_t i0 = 0; i0 < whole_rows; i0 += line) {
    for (int64_t j0 = 0; j0 < whole_columns; j0 += line) {
      for (int64_t i = i0; i < i0 + line; i += block) {
        for (int64_t j = j0; j < j0 + line; j += block) {
          transpose_block(from + j * from_stride + i, from_stride, to + i * to_stride + j,
                          to_stride);
        }
      }
    }
  }
  transpose_scalar(from + whole_columns * from_stride, from_stride, to + whole_columns, to_stride,
                   whole_rows, columns - whole_columns);
  transpose_scalar(from + whole_rows, from_stride, to + whole_rows * to_stride, to_stride,
                   rows - whole_rows, columns);
}

void transpose_8(const uint8_t* from, int64_t from_stride, uint8_t* to, int64_t to_stride,
                 int64_t rows, int64_t columns) {
  transpose_scalar(from, from_stride, to, to_stride, rows, columns);
}
void transpose_16(const uint16_t* from, int64_t from_stride, uint16_t* to, int64_t to_stride,
                  int64_t rows, int64_t columns) {
  transpose_scalar(from, from_stride, to, to_stride, rows, columns);
}
void transpose_32(const uint32_t* from, int64_t from_stride, uint32_t* to, int64_t to_stride,
                  int64_t rows, int64_t columns) {
  transpose_blocks<4>(from, from_stride, to, to_stride, rows, columns);
}
void transpose_64(const uint64_t* from, int64_t from_stride, uint64_t* to, int64_t to_stride,
                  int64_t rows, int64_t columns) {
  transpose_blocks<2>(from, from_stride, to, to_stride, rows, columns);
}

}  // namespace HWY_NAMESPACE
}  // namespace lazulite::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lazulite::cpu {

HWY_EXPORT(transpose_8);
HWY_EXPORT(transpose_16);
HWY_EXPORT(transpose_32);
HWY_EXPORT(transpose_64);

void transpose_tile(const uint8_t* from, int64_t from_stride, uint8_t* to, int64_t to_stride,
                    int64_t rows, int64_t columns) {
  HWY_DYNAMIC_DISPATCH(transpose_8)(from, from_stride, to, to_stride, rows, columns);
}
void transpose_tile(const uint16_t* from, int64_t from_stride, uint16_t* to, int64_t to_stride,
                    int64_t rows, int64_t columns) {
  HWY_DYNAMIC_DISPATCH(transpose_16)(from, from_stride, to, to_stride, rows, columns);
}
void transpose_tile(const uint32_t* from, int64_t from_stride, uint32_t* to, int64_t to_stride,
                    int64_t rows, int64_t columns) {
  HWY_DYNAMIC_DISPATCH(transpose_32)(from, from_stride, to, to_stride, rows, columns);
}
void transpose_tile(const uint64_t* from, int64_t from_stride, uint64_t* to, int64_t to_stride,
                    int64_t rows, int64_t columns) {
  HWY_DYNAMIC_DISPATCH(transpose_64)(from, from_stride, to, to_stride, rows, columns);
}

}  // namespace lazulite::cpu
#endif
