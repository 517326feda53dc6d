#pragma once

#include <optional>

#include "lazulite/core/array.h"

namespace lazulite {

/// The sums of all elements up to each one along `axis`, or of the flattened array where no axis is
/// given; from the end if `reverse`, and without the element itself unless `inclusive`, so that the
/// first is 0. The shape is the array's (one axis if flattened), the dtype too, but bool gives
/// int32. Integers wrap around.
Array cumsum(Array x, std::optional<int> axis = {}, bool reverse = false, bool inclusive = true);

// The same of other folds. The dtype is the array's, of bool too.

/// The products of all elements up to each one; without any: 1.
Array cumprod(Array x, std::optional<int> axis = {}, bool reverse = false, bool inclusive = true);
/// The largest and smallest elements so far; NaN from the first one on. Without any: the lowest or
/// highest number of the dtype, infinite where it has such.
Array cummax(Array x, std::optional<int> axis = {}, bool reverse = false, bool inclusive = true);
Array cummin(Array x, std::optional<int> axis = {}, bool reverse = false, bool inclusive = true);
/// log(cumsum(exp(x))) without overflow; without any element: -inf. Integers give float32.
Array logcumsumexp(Array x, std::optional<int> axis = {}, bool reverse = false,
                   bool inclusive = true);

/// h of h[k] = a[k] h[k - 1] + b[k] along `axis`, or from the end h[k] = a[k] h[k + 1] + b[k] if
/// `reverse`; the first h is b. The arrays are broadcast together and brought to one dtype, float32
/// where both are integers; the steps are computed in double precision.
Array linear_recurrence(Array a, Array b, int axis, bool reverse = false);

}  // namespace lazulite
