#pragma once

#include <tuple>

#include "lazulite/ops/primitives/primitive.h"
#include "lazulite/ops/rows.h"

namespace lazulite {

/// A row of elementwise.def applied element by element. Inputs broadcast against each other; they
/// have the dtype that the row computes in (the condition of a selection is bool).
struct Elementwise {
  static constexpr const char* name = "Elementwise";
  Row row;
  const char* label() const { return info(row).name; }
  auto fields() const { return std::tie(row); }
  bool operator==(const Elementwise&) const = default;
};
LAZULITE_PRIMITIVE(Elementwise);

/// Conversion to `dtype`, as a C++ cast does (to bool: different from zero).
struct Cast {
  static constexpr const char* name = "Cast";
  Dtype dtype = Dtype::float32;
  auto fields() const { return std::tie(dtype); }
  bool operator==(const Cast&) const = default;
};
LAZULITE_PRIMITIVE(Cast);

}  // namespace lazulite
