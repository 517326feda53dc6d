#pragma once

#include <cstdint>

namespace lazulite::cpu {

enum class GemmMethod : uint8_t {
  packed,    // both operands are copied into panels
  direct_b,  // b's rows are read where they are: for few rows of a
  dots,  // inner products of a's rows and b's columns, which lie side by side: for few rows of a
};

// c = a b for a: m x k, b: k x n. Strides count elements; c's columns are neighbours.
struct GemmLayout {
  int64_t m = 0, n = 0, k = 0;
  int64_t a_row = 0, a_column = 0;
  int64_t b_row = 0, b_column = 0;
  int64_t c_row = 0;
  GemmMethod method = GemmMethod::packed;
};

// The method for a whole product; its parts must be computed by the same one, for the same bits.
GemmMethod choose_gemm_method(const GemmLayout& layout);

// One product on the calling thread; adds to c if `accumulate`. The order in which the products of
// one element are summed depends on k and the method alone.
void gemm(const GemmLayout& layout, const float* a, const float* b, float* c, bool accumulate);
void gemm(const GemmLayout& layout, const double* a, const double* b, double* c, bool accumulate);

}  // namespace lazulite::cpu
