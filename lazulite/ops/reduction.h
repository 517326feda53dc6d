#pragma once

#include "lazulite/core/array.h"

namespace lazulite {

// Each folds the given axes away, or all axes if none are given; with `keepdims` they stay with
// size 1. One axis may be given as a plain number: sum(x, -1).

/// Sum and product. bool and integers of less than 32 bits give int32 or uint32.
Array sum(Array x, const Axes& axes = {}, bool keepdims = false);
Array prod(Array x, const Axes& axes = {}, bool keepdims = false);
/// Largest and smallest element; NaN if there is one. Throws over an empty axis.
Array max(Array x, const Axes& axes = {}, bool keepdims = false);
Array min(Array x, const Axes& axes = {}, bool keepdims = false);
/// Whether all, or any, elements differ from zero. bool.
Array all(Array x, const Axes& axes = {}, bool keepdims = false);
Array any(Array x, const Axes& axes = {}, bool keepdims = false);
/// How many elements differ from zero. int32; int64 of arrays that have more than 2^31 - 1.
Array count_nonzero(Array x, const Axes& axes = {}, bool keepdims = false);

/// Arithmetic mean. bool and integers give float32; half precision is accumulated in float32.
Array mean(Array x, const Axes& axes = {}, bool keepdims = false);
/// Variance and standard deviation: squared deviations divided by the count less `ddof`.
Array var(Array x, const Axes& axes = {}, bool keepdims = false, int ddof = 0);
Array std(Array x, const Axes& axes = {}, bool keepdims = false, int ddof = 0);
/// The same as `std`, whose name is not to be had where both namespaces are in use.
Array stddev(Array x, const Axes& axes = {}, bool keepdims = false, int ddof = 0);

/// The logarithm of the sum of exponentials, without overflow. Integers give float32.
Array logsumexp(Array x, const Axes& axes = {}, bool keepdims = false);

/// Position (uint32) of the largest or smallest element along `axis`: the first of equals, or of
/// the NaNs if there are any. Throws for empty arrays.
Array argmax(Array x, int axis, bool keepdims = false);
Array argmin(Array x, int axis, bool keepdims = false);
/// Of the flattened array.
Array argmax(Array x);
Array argmin(Array x);

/// Exponentials divided by their sum over the axes, without overflow. Integers give float32.
Array softmax(Array x, const Axes& axes);
/// The logarithm of softmax.
Array log_softmax(Array x, const Axes& axes);

}  // namespace lazulite
