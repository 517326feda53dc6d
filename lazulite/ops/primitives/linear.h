#pragma once

#include <tuple>

#include "lazulite/ops/primitives/primitive.h"

namespace lazulite {

/// Inputs a: (..., m, k) and b: (..., k, n) with equal leading axes (already broadcast, possibly
/// with stride 0): (..., m, n). Floating and complex dtypes; half precision accumulates in float32.
struct Matmul {
  static constexpr const char* name = "Matmul";
  auto fields() const { return std::tie(); }
  bool operator==(const Matmul&) const = default;
};
LAZULITE_PRIMITIVE(Matmul);

}  // namespace lazulite
