#pragma once

#include <cstdint>

namespace lazulite::cpu {

// How codes become numbers: integers of 1 to 6 or 8 bits times a scale plus a bias, or floating
// numbers of 4 or 8 bits times a scale.
enum class CodeKind : uint8_t { integer, fp4, fp8 };

struct CodeFormat {
  CodeKind kind;
  int bits;
  int group_size;  // a multiple of 16
};

// The numbers of whole groups, each with a scale and, where codes are integers, a bias. Nothing is
// read at `end` or behind.
void dequantize_groups(const CodeFormat& format, const uint8_t* codes, const uint8_t* end,
                       int64_t groups, const float* scales, const float* biases, float* to);

// Inner products of rows of x and of w, of k elements (a multiple of 16):
// c[i * c_row + j] = sum of x[i * x_row + p] w[j * w_row + p], added to what is there if
// `accumulate`. What one element is does not depend on how many there are.
void inner_products(int64_t x_rows, int64_t w_rows, int64_t k, const float* x, int64_t x_row,
                    const float* w, int64_t w_row, float* c, int64_t c_row, bool accumulate);

}  // namespace lazulite::cpu
