#pragma once

#include <algorithm>
#include <string>
#include <tuple>

#include "lazulite/ops/primitives/primitive.h"

namespace lazulite {

/// What indices are used for, as errors name it.
enum class IndexUse : uint8_t {
  take,
  take_along_axis,
  put_along_axis,
  add_along_axis,
  scatter_add,
  index,
  index_update,
  gather,
  scatter,
  slice,
  slice_update,
  gather_mm,
  gather_qmm,
  segmented_mm,
  class_labels,
  mask_values,
};

/// Indices into an axis of `size` elements as positions in [0, size), of dtype int32 or int64. With
/// `wrap`, negative ones count from the end. One out of range is an IndexError, found when a value
/// that depends on it is computed, or, with `clamp`, becomes the nearest position.
struct CheckIndex {
  static constexpr const char* name = "CheckIndex";
  static constexpr bool may_refuse = true;
  IndexUse use;
  int64_t size;
  bool wrap;
  bool clamp;
  auto fields() const { return std::tie(use, size, wrap, clamp); }
  bool operator==(const CheckIndex&) const = default;

  /// The position of an index; false if it is out of range and not to be clamped.
  template <class T>
  bool position(T index, int64_t* out) const {
    if constexpr (std::is_unsigned_v<T>) {
      // Those beyond int64 would seem to be negative.
      if (index >= static_cast<uint64_t>(size)) {
        *out = size - 1;
        return clamp;
      }
    }
    auto value = static_cast<int64_t>(index);
    if (value < 0 && wrap) value += size;
    *out = std::clamp<int64_t>(value, 0, size - 1);
    return clamp || *out == value;
  }
  /// Throws the error of an index that is out of range.
  [[noreturn]] void reject(const std::string& index) const;
};
LAZULITE_PRIMITIVE(CheckIndex);

/// Inputs (x, indices): x[..., indices, ...] along `axis`; the output has the indices' shape in the
/// place of `axis`. Indices come from CheckIndex.
struct Gather {
  static constexpr const char* name = "Gather";
  int axis;
  auto fields() const { return std::tie(axis); }
  bool operator==(const Gather&) const = default;
};
LAZULITE_PRIMITIVE(Gather);

/// Inputs (x, indices, updates): a copy of x with `updates` (shaped as Gather's output) added at
/// the indices, in order.
struct ScatterAdd {
  static constexpr const char* name = "ScatterAdd";
  int axis;
  auto fields() const { return std::tie(axis); }
  bool operator==(const ScatterAdd&) const = default;
};
LAZULITE_PRIMITIVE(ScatterAdd);

/// Inputs (x, indices), of equal rank and equal sizes but along `axis`: NumPy's take_along_axis.
struct GatherAlong {
  static constexpr const char* name = "GatherAlong";
  int axis;
  auto fields() const { return std::tie(axis); }
  bool operator==(const GatherAlong&) const = default;
};
LAZULITE_PRIMITIVE(GatherAlong);

/// Inputs (x, indices, updates): a copy of x with `updates` (shaped as the indices) put, or added,
/// where GatherAlong would read.
struct ScatterAlong {
  static constexpr const char* name = "ScatterAlong";
  int axis;
  bool add;
  auto fields() const { return std::tie(axis, add); }
  bool operator==(const ScatterAlong&) const = default;
};
LAZULITE_PRIMITIVE(ScatterAlong);

/// Inputs (x, indices, …): one array of positions for each of `axes`, all of one shape, which pick
/// an element of these axes each. The output has the other axes of x, in order, with the indices'
/// shape before number `place` of them. Indices come from CheckIndex.
struct GatherPoints {
  static constexpr const char* name = "GatherPoints";
  Axes axes;
  int place;
  auto fields() const { return std::tie(axes, place); }
  bool operator==(const GatherPoints&) const = default;
};
LAZULITE_PRIMITIVE(GatherPoints);

/// What an update does to an element: x op update. Of several that `assign` one element the last
/// stays.
enum class ScatterOp : uint8_t { assign, add, multiply, divide, maximum, minimum };

/// Inputs (x, indices, …, updates): a copy of x to which `updates` (shaped as GatherPoints' output)
/// are applied one by one, in the indices' order.
struct ScatterPoints {
  static constexpr const char* name = "ScatterPoints";
  Axes axes;
  int place;
  ScatterOp op;
  auto fields() const { return std::tie(axes, place, op); }
  bool operator==(const ScatterPoints&) const = default;
};
LAZULITE_PRIMITIVE(ScatterPoints);

/// The axes of an array of `ndim` axes that are not among `axes`.
Axes other_axes(size_t ndim, const Axes& axes);
/// The shape of what GatherPoints reads with indices of shape `indices`.
Shape shape_of_points(const Shape& x, const Axes& axes, int place, const Shape& indices);

}  // namespace lazulite
