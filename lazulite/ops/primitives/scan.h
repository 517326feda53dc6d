#pragma once

#include <tuple>

#include "lazulite/ops/primitives/primitive.h"

namespace lazulite {

/// Sums of the elements up to each one along `axis`, from the other end if `reverse`; without the
/// element itself unless `inclusive`. Any dtype but bool; the output's is the input's. Integers
/// wrap; floating numbers are summed in double precision, halves in float32 or wider.
struct CumulativeSum {
  static constexpr const char* name = "CumulativeSum";
  int axis;
  bool reverse;
  bool inclusive;
  auto fields() const { return std::tie(axis, reverse, inclusive); }
  bool operator==(const CumulativeSum&) const = default;
};
LAZULITE_PRIMITIVE(CumulativeSum);

}  // namespace lazulite
