#pragma once

#include <tuple>

#include "lazulite/ops/primitives/primitive.h"

namespace lazulite {

enum class ReduceOp : uint8_t { sum, prod, min, max, all, any };

/// Folds `axes` (sorted) away; they are absent from the output. Sums and products of half
/// precision accumulate in float32. min and max propagate NaN. all and any take bool.
struct Reduce {
  static constexpr const char* name = "Reduce";
  ReduceOp op;
  Axes axes;
  auto fields() const { return std::tie(op, axes); }
  bool operator==(const Reduce&) const = default;
};
LAZULITE_PRIMITIVE(Reduce);

/// Position (uint32) of the largest or smallest element along `axis`, which is absent from the
/// output; the first of equals. A NaN counts as the extreme.
struct ArgReduce {
  static constexpr const char* name = "ArgReduce";
  bool maximum;
  int axis;
  auto fields() const { return std::tie(maximum, axis); }
  bool operator==(const ArgReduce&) const = default;
};
LAZULITE_PRIMITIVE(ArgReduce);

}  // namespace lazulite
