#pragma once

#include <tuple>

#include "lazulite/core/scalar.h"
#include "lazulite/ops/primitives/primitive.h"

namespace lazulite {

/// start + i * step for i = 0, 1, …, converted. One axis. Integers are computed as such, other
/// numbers in double.
struct Arange {
  static constexpr const char* name = "Arange";
  Scalar start;
  Scalar step;
  int64_t count = 0;
  Dtype dtype = Dtype::float32;
  auto fields() const { return std::tie(start, step, count, dtype); }
  /// int64, uint64 or float64.
  Dtype computed_in() const;
  bool operator==(const Arange&) const = default;
};
LAZULITE_PRIMITIVE(Arange);

/// Input key: (..., 2) uint32; output (..., shape…) of uint8, uint16 or uint32, uniformly
/// distributed bits by Threefry-2x32-20 (Salmon et al., "Parallel random numbers: as easy as
/// 1, 2, 3", 2011), each a function of the key and the logical index alone.
struct RandomBits {
  static constexpr const char* name = "RandomBits";
  Shape shape;
  Dtype dtype = Dtype::uint32;
  auto fields() const { return std::tie(shape, dtype); }
  bool operator==(const RandomBits&) const = default;
};
LAZULITE_PRIMITIVE(RandomBits);

}  // namespace lazulite
