#pragma once

#include <tuple>

#include "lazulite/ops/primitives/primitive.h"

namespace lazulite {

/// The positions (uint32) of the elements along `axis` in ascending order: equals keep their order,
/// NaN comes last, complex numbers are ordered by their real, then by their imaginary parts. Any
/// dtype; fewer than 2^32 elements along the axis.
struct ArgSort {
  static constexpr const char* name = "ArgSort";
  int axis;
  auto fields() const { return std::tie(axis); }
  bool operator==(const ArgSort&) const = default;
};
LAZULITE_PRIMITIVE(ArgSort);

}  // namespace lazulite
