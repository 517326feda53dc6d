#pragma once

#include <optional>

#include "lazulite/core/array.h"

namespace lazulite {

// Ascending order: equals keep their order, NaN comes last, complex numbers are ordered by their
// real parts and then by their imaginary ones. Without an axis the array is flattened first.

/// Where the sorted array's elements are (uint32), along an axis.
Array argsort(Array x, std::optional<int> axis);
/// The elements in order, along an axis. The gradient goes back to where they came from.
Array sort(Array x, std::optional<int> axis);

/// The element that sorting would put at `kth` (counted from the end if negative) is there, smaller
/// ones before it and larger ones behind it.
Array partition(Array x, int64_t kth, std::optional<int> axis);
Array argpartition(Array x, int64_t kth, std::optional<int> axis);

/// The `k` largest elements along an axis, in ascending order.
Array topk(Array x, int64_t k, std::optional<int> axis);

/// Where `values` would have to be put into a sorted array of one axis (uint32): before its first
/// element that is not smaller, or, from the right, before its first one that is larger. NaN counts
/// as the largest.
enum class Side : uint8_t { left, right };
Array searchsorted(Array sorted, Array values, Side side = Side::left);

/// The distinct elements of the flattened array, in order; every NaN is one of its own. How many
/// there are is not known before they are computed, so the result has `size` of them: the smallest
/// ones, and behind the last `fill_value` (without one: the smallest element).
struct Unique {
  Array values;
  Array index;    ///< where each is first in the flattened array (uint32)
  Array inverse;  ///< for each element of the array, which of the values it is (uint32)
  Array counts;   ///< how often each occurs (int32); 0 behind the last
};
Unique unique(Array x, int64_t size, Array fill_value = {});

/// The middle element of each line in order, or the mean of the two in the middle, over axes (all
/// where none are given); NaN where there is one. Integers give float32.
Array median(Array x, const Axes& axes = {}, bool keepdims = false);

}  // namespace lazulite
