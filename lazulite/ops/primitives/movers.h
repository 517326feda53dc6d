#pragma once

#include "lazulite/ops/primitives/views.h"

namespace lazulite {

/// A row-major copy.
struct Copy {
  static constexpr const char* name = "Copy";
  auto fields() const { return std::tie(); }
  bool operator==(const Copy&) const = default;
};
LAZULITE_PRIMITIVE(Copy);

/// Inputs (x, update): x with the elements that SliceView would show replaced by `update`, which
/// has exactly their shape.
struct SliceUpdate {
  static constexpr const char* name = "SliceUpdate";
  Starts starts;
  Starts steps;
  auto fields() const { return std::tie(starts, steps); }
  bool operator==(const SliceUpdate&) const = default;
};
LAZULITE_PRIMITIVE(SliceUpdate);

/// Joins any number of inputs along `axis`.
struct Concatenate {
  static constexpr const char* name = "Concatenate";
  int axis;
  auto fields() const { return std::tie(axis); }
  bool operator==(const Concatenate&) const = default;
};
LAZULITE_PRIMITIVE(Concatenate);

}  // namespace lazulite
