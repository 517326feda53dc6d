#pragma once

#include <algorithm>
#include <tuple>
#include <variant>

#include "lazulite/core/node.h"
#include "lazulite/ops/calls.h"
#include "lazulite/ops/rows.h"

namespace lazulite {

// Every primitive is a plain struct: a name, its parameters, and `fields`, which shows the
// parameters to whoever hashes, prints or exports them. Shapes and dtypes are those of the node's
// inputs and outputs and are not repeated here.

/// A row of elementwise.def applied element by element. Inputs broadcast to the output's shape.
struct Elementwise {
  static constexpr const char* name = "Elementwise";
  Row row;
  auto fields() const { return std::tie(row); }
  bool operator==(const Elementwise&) const = default;
};

/// Conversion to the output's dtype, as a C++ cast does (to bool: different from zero).
struct Cast {
  static constexpr const char* name = "Cast";
  auto fields() const { return std::tie(); }
  bool operator==(const Cast&) const = default;
};

/// start + i * step for i = 0, 1, …, computed in double (or int64) and converted. One axis.
struct Arange {
  static constexpr const char* name = "Arange";
  Scalar start;
  Scalar step;
  auto fields() const { return std::tie(start, step); }
  bool operator==(const Arange&) const = default;
};

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

/// Position (uint32) of the largest or smallest element along `axis`, which is absent from the
/// output; the first of equals. A NaN counts as the extreme.
struct ArgReduce {
  static constexpr const char* name = "ArgReduce";
  bool maximum;
  int axis;
  auto fields() const { return std::tie(maximum, axis); }
  bool operator==(const ArgReduce&) const = default;
};

// Views: the output shares the input's buffer wherever strides can express it.

/// The input itself.
struct Alias {
  static constexpr const char* name = "Alias";
  auto fields() const { return std::tie(); }
  bool operator==(const Alias&) const = default;
};

/// The input itself; no derivative flows through.
struct StopGradient {
  static constexpr const char* name = "StopGradient";
  auto fields() const { return std::tie(); }
  bool operator==(const StopGradient&) const = default;
};

/// Same elements in row-major order under the output's shape.
struct Reshape {
  static constexpr const char* name = "Reshape";
  auto fields() const { return std::tie(); }
  bool operator==(const Reshape&) const = default;
};

/// Output axis i is input axis axes[i].
struct Transpose {
  static constexpr const char* name = "Transpose";
  Axes axes;
  auto fields() const { return std::tie(axes); }
  bool operator==(const Transpose&) const = default;
};

/// NumPy's broadcasting to the output's shape.
struct Broadcast {
  static constexpr const char* name = "Broadcast";
  auto fields() const { return std::tie(); }
  bool operator==(const Broadcast&) const = default;
};

using Starts = SmallVector<int64_t, 6>;

/// Along each axis, `shape` elements from `starts` in steps of `steps` (never 0, may be negative).
struct SliceView {
  static constexpr const char* name = "Slice";
  Starts starts;
  Starts steps;
  auto fields() const { return std::tie(starts, steps); }
  bool operator==(const SliceView&) const = default;
};

// Movers of elements.

/// A row-major copy.
struct Copy {
  static constexpr const char* name = "Copy";
  auto fields() const { return std::tie(); }
  bool operator==(const Copy&) const = default;
};

/// Inputs (x, update): x with the elements that SliceView would show replaced by `update`, which
/// has exactly their shape.
struct SliceUpdate {
  static constexpr const char* name = "SliceUpdate";
  Starts starts;
  Starts steps;
  auto fields() const { return std::tie(starts, steps); }
  bool operator==(const SliceUpdate&) const = default;
};

/// Joins any number of inputs along `axis`.
struct Concatenate {
  static constexpr const char* name = "Concatenate";
  int axis;
  auto fields() const { return std::tie(axis); }
  bool operator==(const Concatenate&) const = default;
};

/// What indices are used for, as errors name it.
enum class IndexUse : uint8_t {
  take,
  take_along_axis,
  put_along_axis,
  add_along_axis,
  scatter_add,
  class_labels,
};

/// Indices into an axis of `size` elements as positions in [0, size), of dtype int32 or int64. With
/// `wrap`, negative ones count from the end. One out of range is an IndexError, found when a value
/// that depends on it is computed, or, with `clamp`, becomes the nearest position.
struct CheckIndex {
  static constexpr const char* name = "CheckIndex";
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

/// Inputs (x, indices): x[..., indices, ...] along `axis`; the output has the indices' shape in the
/// place of `axis`. Indices come from CheckIndex.
struct Gather {
  static constexpr const char* name = "Gather";
  int axis;
  auto fields() const { return std::tie(axis); }
  bool operator==(const Gather&) const = default;
};

/// Inputs (x, indices, updates): a copy of x with `updates` (shaped as Gather's output) added at
/// the indices, in order.
struct ScatterAdd {
  static constexpr const char* name = "ScatterAdd";
  int axis;
  auto fields() const { return std::tie(axis); }
  bool operator==(const ScatterAdd&) const = default;
};

/// Inputs (x, indices), of equal rank and equal sizes but along `axis`: NumPy's take_along_axis.
struct GatherAlong {
  static constexpr const char* name = "GatherAlong";
  int axis;
  auto fields() const { return std::tie(axis); }
  bool operator==(const GatherAlong&) const = default;
};

/// Inputs (x, indices, updates): a copy of x with `updates` (shaped as the indices) put, or added,
/// where GatherAlong would read.
struct ScatterAlong {
  static constexpr const char* name = "ScatterAlong";
  int axis;
  bool add;
  auto fields() const { return std::tie(axis, add); }
  bool operator==(const ScatterAlong&) const = default;
};

// Contractions.

/// Inputs a: (..., m, k) and b: (..., k, n) with equal leading axes (already broadcast, possibly
/// with stride 0): (..., m, n). Floating and complex dtypes; half precision accumulates in float32.
struct Matmul {
  static constexpr const char* name = "Matmul";
  auto fields() const { return std::tie(); }
  bool operator==(const Matmul&) const = default;
};

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

/// Inputs (w, dy): the gradient of Convolution's output dy carried back to x (the output's shape).
struct ConvolutionGradInput : ConvGeometry {
  static constexpr const char* name = "ConvolutionGradInput";
  bool operator==(const ConvolutionGradInput&) const = default;
};

/// Inputs (x, dy): the gradient of Convolution's output dy carried back to w (the output's shape).
struct ConvolutionGradWeight : ConvGeometry {
  static constexpr const char* name = "ConvolutionGradWeight";
  bool operator==(const ConvolutionGradWeight&) const = default;
};

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

/// Inputs (dy, positions): MaxPool's gradient carried back to its input (the output's shape).
struct MaxPoolGrad : PoolGeometry {
  static constexpr const char* name = "MaxPoolGrad";
  bool operator==(const MaxPoolGrad&) const = default;
};

/// The mean of each window; padding counts as zeros.
struct AvgPool : PoolGeometry {
  static constexpr const char* name = "AvgPool";
  bool operator==(const AvgPool&) const = default;
};

/// Input dy: AvgPool's gradient carried back to its input (the output's shape).
struct AvgPoolGrad : PoolGeometry {
  static constexpr const char* name = "AvgPoolGrad";
  bool operator==(const AvgPoolGrad&) const = default;
};

/// Input key: (..., 2) uint32; output (..., shape…) of uint8, uint16 or uint32, uniformly
/// distributed bits by Threefry-2x32-20 (Salmon et al., "Parallel random numbers: as easy as
/// 1, 2, 3", 2011), each a function of the key and the logical index alone.
struct RandomBits {
  static constexpr const char* name = "RandomBits";
  auto fields() const { return std::tie(); }
  bool operator==(const RandomBits&) const = default;
};

using PrimitiveVariant =
    std::variant<Elementwise, Cast, Arange, Reduce, ArgReduce, Alias, StopGradient, Reshape,
                 Transpose, Broadcast, SliceView, Copy, SliceUpdate, Concatenate, CheckIndex,
                 Gather, ScatterAdd, GatherAlong, ScatterAlong, Matmul, Convolution,
                 ConvolutionGradInput, ConvolutionGradWeight, MaxPool, MaxPoolGrad, AvgPool,
                 AvgPoolGrad, RandomBits, Call>;

struct Primitive : PrimitiveVariant {
  using PrimitiveVariant::PrimitiveVariant;
  template <class T>
  const T* get_if() const {
    return std::get_if<T>(static_cast<const PrimitiveVariant*>(this));
  }
  template <class F>
  decltype(auto) visit(F&& f) const {
    return std::visit(std::forward<F>(f), static_cast<const PrimitiveVariant&>(*this));
  }
};

/// For errors and listings: the row's or the call's name, else the primitive's.
const char* name_of(const Primitive& primitive);

/// Whether the output only shows the input's elements under another shape.
bool is_view(const Primitive& primitive);

template <class T>
PrimitivePtr make_primitive(T primitive) {
  return std::make_shared<const Primitive>(std::move(primitive));
}

}  // namespace lazulite
