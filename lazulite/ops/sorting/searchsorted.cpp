#include <fmt/format.h>

#include <bit>
#include <limits>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/elementwise.h"
#include "lazulite/ops/indexing.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/sorting.h"

namespace lazulite {

// All values at once: each step halves what may still be before them.
Array searchsorted(Array sorted, Array values, Side side) {
  const ReleaseOnReturn release(sorted, values);
  if (sorted.ndim() != 1) {
    throw ValueError(
        fmt::format("searchsorted: a sorted array of one axis is expected, not shape {}",
                    to_string(sorted.shape())));
  }
  const Dtype dtype = result_type(sorted.dtype(), values.dtype());
  const Array in = astype(sorted, dtype), value = astype(values, dtype);
  const int64_t size = in.size();
  const Dtype counts =
      size <= std::numeric_limits<int32_t>::max() / 2 ? Dtype::int32 : Dtype::int64;
  Array before = zeros(value.shape(), counts);
  for (auto step = static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(size))); step > 0;
       step /= 2) {
    Array next = before + Array(step, counts);
    Array element = take(in, minimum(next, Array(size, counts)) - Array(1, counts), 0);
    Array precedes = side == Side::left ? element < value : element <= value;
    // NaN stands behind all numbers.
    if (is_inexact(dtype)) {
      Array last = isnan(value);
      precedes = logical_or(
          precedes, side == Side::left ? logical_and(last, logical_not(isnan(element))) : last);
    }
    before = where(logical_and(next <= Array(size, counts), precedes), next, before);
  }
  return astype(before, Dtype::uint32);
}

}  // namespace lazulite
