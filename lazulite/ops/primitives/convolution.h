#pragma once

#include <tuple>

#include "lazulite/ops/primitives/primitive.h"

namespace lazulite {

/// Geometry of a convolution; one entry for each spatial axis.
struct ConvGeometry {
  SmallVector<int, 3> stride;
  SmallVector<int, 3> padding;  // the same at both ends
  SmallVector<int, 3> dilation;
  int groups = 1;
  auto fields() const { return std::tie(stride, padding, dilation, groups); }
  bool operator==(const ConvGeometry&) const = default;
};

/// Inputs x: (n, spatial…, c_in) and w: (c_out, kernel…, c_in / groups); cross-correlation,
/// output (n, spatial…, c_out).
struct Convolution : ConvGeometry {
  static constexpr const char* name = "Convolution";
  bool operator==(const Convolution&) const = default;
};
LAZULITE_PRIMITIVE(Convolution);

/// Inputs (w, dy): the gradient of Convolution's output dy carried back to x, of shape `shape`.
struct ConvolutionGradInput : ConvGeometry {
  static constexpr const char* name = "ConvolutionGradInput";
  Shape shape;
  auto fields() const { return std::tuple_cat(ConvGeometry::fields(), std::tie(shape)); }
  bool operator==(const ConvolutionGradInput&) const = default;
};
LAZULITE_PRIMITIVE(ConvolutionGradInput);

/// Inputs (x, dy): the gradient of Convolution's output dy carried back to w, of shape `shape`.
struct ConvolutionGradWeight : ConvGeometry {
  static constexpr const char* name = "ConvolutionGradWeight";
  Shape shape;
  auto fields() const { return std::tuple_cat(ConvGeometry::fields(), std::tie(shape)); }
  bool operator==(const ConvolutionGradWeight&) const = default;
};
LAZULITE_PRIMITIVE(ConvolutionGradWeight);

}  // namespace lazulite
