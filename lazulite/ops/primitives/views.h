#pragma once

#include <tuple>

#include "lazulite/ops/primitives/primitive.h"

namespace lazulite {

// Views: the output shares the input's buffer wherever strides can express it.

/// The input itself.
struct Alias {
  static constexpr const char* name = "Alias";
  static constexpr bool is_view = true;
  auto fields() const { return std::tie(); }
  bool operator==(const Alias&) const = default;
};
LAZULITE_PRIMITIVE(Alias);

/// The input itself; no derivative flows through.
struct StopGradient {
  static constexpr const char* name = "StopGradient";
  static constexpr bool is_view = true;
  auto fields() const { return std::tie(); }
  bool operator==(const StopGradient&) const = default;
};
LAZULITE_PRIMITIVE(StopGradient);

/// Same elements in row-major order under another shape.
struct Reshape {
  static constexpr const char* name = "Reshape";
  static constexpr bool is_view = true;
  Shape shape;
  auto fields() const { return std::tie(shape); }
  bool operator==(const Reshape&) const = default;
};
LAZULITE_PRIMITIVE(Reshape);

/// Output axis i is input axis axes[i].
struct Transpose {
  static constexpr const char* name = "Transpose";
  static constexpr bool is_view = true;
  Axes axes;
  auto fields() const { return std::tie(axes); }
  bool operator==(const Transpose&) const = default;
};
LAZULITE_PRIMITIVE(Transpose);

/// NumPy's broadcasting to `shape`.
struct Broadcast {
  static constexpr const char* name = "Broadcast";
  static constexpr bool is_view = true;
  Shape shape;
  auto fields() const { return std::tie(shape); }
  bool operator==(const Broadcast&) const = default;
};
LAZULITE_PRIMITIVE(Broadcast);

using Starts = SmallVector<int64_t, 6>;

/// Along each axis, `shape` elements from `starts` in steps of `steps` (never 0, may be negative).
struct SliceView {
  static constexpr const char* name = "Slice";
  static constexpr bool is_view = true;
  Starts starts;
  Starts steps;
  Shape shape;
  auto fields() const { return std::tie(starts, steps, shape); }
  bool operator==(const SliceView&) const = default;
};
LAZULITE_PRIMITIVE(SliceView);

/// Throws unless the elements that a SliceView picks lie in an array of shape `of`.
void check_slice(const char* operation, const Shape& of, const Starts& starts, const Starts& steps,
                 const Shape& shape);

}  // namespace lazulite
