#pragma once

#include <cstdint>

namespace lazulite::cpu {

// Of elements of any dtype, by size: to[i * to_stride + j] = from[j * from_stride + i] for i <
// rows, j < columns.
void transpose_tile(const uint8_t* from, int64_t from_stride, uint8_t* to, int64_t to_stride,
                    int64_t rows, int64_t columns);
void transpose_tile(const uint16_t* from, int64_t from_stride, uint16_t* to, int64_t to_stride,
                    int64_t rows, int64_t columns);
void transpose_tile(const uint32_t* from, int64_t from_stride, uint32_t* to, int64_t to_stride,
                    int64_t rows, int64_t columns);
void transpose_tile(const uint64_t* from, int64_t from_stride, uint64_t* to, int64_t to_stride,
                    int64_t rows, int64_t columns);

}  // namespace lazulite::cpu
