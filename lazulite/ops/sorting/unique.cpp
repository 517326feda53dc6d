#include <fmt/format.h>

#include <limits>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/elementwise.h"
#include "lazulite/ops/indexing.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/scan.h"
#include "lazulite/ops/sorting.h"

namespace lazulite {
namespace {

// Of an array without elements, and of a result without any.
Unique of_nothing(const Array& x, int64_t size, const Array& fill_value) {
  Array filled = size == 0 ? zeros({0}, x.dtype()) : full({size}, flatten(fill_value), x.dtype());
  return {filled, zeros({size}, Dtype::uint32), zeros(x.shape(), Dtype::uint32),
          zeros({size}, Dtype::int32)};
}

}  // namespace

Unique unique(Array x, int64_t size, Array fill_value) {
  const ReleaseOnReturn release(x);
  const ReleaseIfGiven fill(fill_value);
  if (size < 0) throw ValueError(fmt::format("unique: a size of {} is negative", size));
  if (fill_value.valid() && fill_value.size() != 1) {
    throw ValueError(fmt::format("unique: a fill value of one element is expected, not of shape {}",
                                 to_string(fill_value.shape())));
  }
  if (x.size() == 0 && size > 0 && !fill_value.valid()) {
    throw ValueError("unique: an array without elements needs a fill value");
  }
  if (x.size() == 0 || size == 0) return of_nothing(x, size, fill_value);
  const Array flat = flatten(x);
  const int64_t count = flat.size();
  const bool narrow = count <= std::numeric_limits<int32_t>::max() && size <= count;
  const Dtype places = narrow ? Dtype::int32 : Dtype::int64;
  // In order, each element that differs from the one before it begins another value.
  const Array order = argsort(flat, 0), in_order = take(flat, order, 0);
  Array begins = not_equal(slice(in_order, {1}, {count}), slice(in_order, {0}, {count - 1}));
  Array number = concatenate({zeros({1}, places), cumsum(astype(begins, places), 0)});
  const Array starts = astype(searchsorted(number, arange(size + 1, places)), Dtype::int64);
  const Array first = slice(starts, {0}, {size}), next = slice(starts, {1}, {size + 1});
  const Array is_there = first < Array(count, Dtype::int64);
  Unique out;
  out.index = take(order, where(is_there, first, zeros_like(first)), 0);
  out.values = take(flat, out.index, 0);
  if (fill_value.valid()) {
    out.values = where(is_there, out.values, astype(flatten(fill_value), x.dtype()));
  }
  out.counts = astype(next - first, Dtype::int32);
  Array clamped = astype(minimum(number, Array(size - 1, places)), Dtype::uint32);
  out.inverse =
      reshape(put_along_axis(zeros({count}, Dtype::uint32), order, clamped, 0), x.shape());
  return out;
}

}  // namespace lazulite
