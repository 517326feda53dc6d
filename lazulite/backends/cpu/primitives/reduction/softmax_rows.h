#pragma once

#include <cstdint>

namespace lazulite::cpu {

enum class SoftmaxKind : uint8_t { softmax, log_softmax, logsumexp };

// Rows of `size` elements; y has as many, or one a row for logsumexp.
void softmax_rows(SoftmaxKind kind, const float* x, int64_t rows, int64_t size, float* y);
void softmax_rows(SoftmaxKind kind, const double* x, int64_t rows, int64_t size, double* y);

}  // namespace lazulite::cpu
