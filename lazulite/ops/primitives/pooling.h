#pragma once

#include <tuple>

#include "lazulite/ops/primitives/primitive.h"

namespace lazulite {

/// Windows of a pooling over (n, spatial…, c).
struct PoolGeometry {
  SmallVector<int, 3> window;
  SmallVector<int, 3> stride;
  SmallVector<int, 3> padding;  // the same at both ends
  auto fields() const { return std::tie(window, stride, padding); }
  bool operator==(const PoolGeometry&) const = default;
};

/// Two outputs: the largest element of each window (padding counts as -inf, or the lowest integer;
/// NaN wins), and its position in the window, row-major, the first of equals (uint8, or uint32 for
/// windows of more than 256 elements).
struct MaxPool : PoolGeometry {
  static constexpr const char* name = "MaxPool";
  bool operator==(const MaxPool&) const = default;
};
LAZULITE_PRIMITIVE(MaxPool);

/// Inputs (dy, positions): MaxPool's gradient carried back to its input, of shape `shape`.
struct MaxPoolGrad : PoolGeometry {
  static constexpr const char* name = "MaxPoolGrad";
  Shape shape;
  auto fields() const { return std::tuple_cat(PoolGeometry::fields(), std::tie(shape)); }
  bool operator==(const MaxPoolGrad&) const = default;
};
LAZULITE_PRIMITIVE(MaxPoolGrad);

/// The mean of each window; padding counts as zeros.
struct AvgPool : PoolGeometry {
  static constexpr const char* name = "AvgPool";
  bool operator==(const AvgPool&) const = default;
};
LAZULITE_PRIMITIVE(AvgPool);

/// Input dy: AvgPool's gradient carried back to its input, of shape `shape`.
struct AvgPoolGrad : PoolGeometry {
  static constexpr const char* name = "AvgPoolGrad";
  Shape shape;
  auto fields() const { return std::tuple_cat(PoolGeometry::fields(), std::tie(shape)); }
  bool operator==(const AvgPoolGrad&) const = default;
};
LAZULITE_PRIMITIVE(AvgPoolGrad);

}  // namespace lazulite
