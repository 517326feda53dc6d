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

/// The middle element of each line in order, or the mean of the two in the middle, over axes (all
/// where none are given); NaN where there is one. Integers give float32.
Array median(Array x, const Axes& axes = {}, bool keepdims = false);

}  // namespace lazulite
