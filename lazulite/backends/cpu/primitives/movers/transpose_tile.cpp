#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lazulite/backends/cpu/primitives/movers/transpose_tile.cpp"
#include "lazulite/backends/cpu/simd.h"

// After simd.h, which limits the targets.
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "lazulite/backends/cpu/primitives/movers/transpose-inl.h"
#include "lazulite/backends/cpu/primitives/movers/transpose_tile.h"

HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu {
namespace HWY_NAMESPACE {

// Sixteen elements of four bytes fill a line of the cache: lines are read and written whole before
// the next ones push them out.
template <class T>
HWY_INLINE void transpose_blocks(const T* from, int64_t from_stride, T* to, int64_t to_stride,
                                 int64_t rows, int64_t columns) {
  constexpr int64_t line = 64 / sizeof(T), side = transposed_side<T>;
  const int64_t whole_rows = rows / line * line;
  const int64_t whole_columns = columns / line * line;
  for (int64_t i0 = 0; i0 < whole_rows; i0 += line) {
    for (int64_t j0 = 0; j0 < whole_columns; j0 += line) {
      for (int64_t i = i0; i < i0 + line; i += side) {
        for (int64_t j = j0; j < j0 + line; j += side) {
          transpose_square(from + j * from_stride + i, from_stride, to + i * to_stride + j,
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
  transpose_blocks(from, from_stride, to, to_stride, rows, columns);
}
void transpose_64(const uint64_t* from, int64_t from_stride, uint64_t* to, int64_t to_stride,
                  int64_t rows, int64_t columns) {
  transpose_blocks(from, from_stride, to, to_stride, rows, columns);
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
