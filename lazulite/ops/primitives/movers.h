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

/// The bytes of the elements in row-major order as elements of another dtype: the last axis grows
/// or shrinks with their size, which must divide it. Without axes the sizes must be equal.
struct BitView {
  static constexpr const char* name = "View";
  Dtype dtype;
  auto fields() const { return std::tie(dtype); }
  bool operator==(const BitView&) const = default;
};
LAZULITE_PRIMITIVE(BitView);

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
