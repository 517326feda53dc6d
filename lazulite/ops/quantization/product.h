#pragma once

#include "lazulite/ops/primitives/call.h"
#include "lazulite/ops/quantization/format.h"

// The call quantized_matmul, whose attributes and inputs this names. Internal.
namespace lazulite {

struct QuantizedProduct {
  QuantizationFormat format;
  /// x w^T, not x w.
  bool transpose;
  /// Inputs `lhs` and `rhs`, of the same length, choose a matrix of x and of w for each product, of
  /// those along their first axes; they are in range, as int32. Otherwise x and w are matrices.
  bool indexed;

  static QuantizedProduct of(const Call& call);
  Call call() const;

  static constexpr size_t x = 0, w = 1, scales = 2, biases = 3;
  size_t lhs() const { return format.affine() ? 4 : 3; }
  size_t rhs() const { return lhs() + 1; }
  size_t input_count() const { return lhs() + (indexed ? 2 : 0); }
};

}  // namespace lazulite
