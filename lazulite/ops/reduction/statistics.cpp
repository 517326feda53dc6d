// Means and variances. Half precision is widened first: its own range is too small for sums. So are
// integers, to what tells all but the largest of them apart.
#include <limits>

#include "lazulite/core/release.h"
#include "lazulite/ops/elementwise.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/reduction.h"
#include "lazulite/ops/reduction/reduction_axes.h"
#include "lazulite/ops/shape_notes.h"

namespace lazulite {
namespace {

Array widened(const Array& x) {
  if (is_half(x.dtype())) return astype(x, Dtype::float32);
  if (is_inexact(x.dtype())) return x;
  return astype(x, size_of(x.dtype()) < 4 ? Dtype::float32 : Dtype::float64);
}

Dtype statistic_dtype(const Array& x) { return is_inexact(x.dtype()) ? x.dtype() : Dtype::float32; }

double reduced_count(const Array& x, const Axes& axes) {
  double count = 1;
  for (int axis : axes) count *= static_cast<double>(x.shape(axis));
  return count;
}

// A number for each line of x divided by how many elements that has, less some. Not multiplied with
// the reciprocal, which would be rounded before. Where x may get another shape the elements are
// counted with it.
Array over_count(const Array& number, const Array& x, const Axes& axes, bool keepdims,
                 int less = 0) {
  if (!ShapeNotes::current()) return number / std::max(reduced_count(x, axes) - less, 0.0);
  Array each = astype(logical_or(isnan(x), true), Dtype::float32);
  return number / astype(maximum(sum(each, axes, keepdims) - less, 0), number.dtype());
}

Array wide_mean(const Array& wide, const Axes& axes, bool keepdims) {
  return over_count(sum(wide, axes, keepdims), wide, axes, keepdims);
}

// In the dtype of the computation: a standard deviation may be in range where its square is not.
Array wide_var(const Array& x, const Axes& reduced, bool keepdims, int ddof) {
  const Array wide = widened(x);
  auto squared = [](const Array& values) {
    bool is_complex = kind_of(values.dtype()) == DtypeKind::complex;
    return is_complex ? square(real(values)) + square(imag(values)) : square(values);
  };
  if (reduced.empty()) return over_count(squared(wide - wide), x, reduced, keepdims, ddof);
  // What the rounded mean is off by is taken out again: then equal numbers vary by nothing, however
  // large they are.
  Array rest = wide - stop_gradient(wide_mean(wide, reduced, true));
  Array total = sum(squared(rest), reduced, keepdims);
  Array excess = over_count(squared(sum(rest, reduced, keepdims)), x, reduced, keepdims);
  Array spread = where(isinf(total), total, maximum(total - excess, 0));
  return over_count(spread, x, reduced, keepdims, ddof);
}

Dtype variance_dtype(const Array& x) {
  return kind_of(x.dtype()) == DtypeKind::complex ? Dtype::float32 : statistic_dtype(x);
}

}  // namespace

Array mean(Array x, const Axes& axes, bool keepdims) {
  const ReleaseOnReturn release(x);
  Axes reduced = reduction_axes(x, axes, "mean");
  if (reduced.empty()) return astype(x, statistic_dtype(x));
  return astype(wide_mean(widened(x), reduced, keepdims), statistic_dtype(x));
}

Array var(Array x, const Axes& axes, bool keepdims, int ddof) {
  const ReleaseOnReturn release(x);
  return astype(wide_var(x, reduction_axes(x, axes, "var"), keepdims, ddof), variance_dtype(x));
}

Array std(Array x, const Axes& axes, bool keepdims, int ddof) {
  const ReleaseOnReturn release(x);
  Array deviation = sqrt(wide_var(x, reduction_axes(x, axes, "std"), keepdims, ddof));
  return astype(deviation, variance_dtype(x));
}
Array stddev(Array x, const Axes& axes, bool keepdims, int ddof) {
  const ReleaseOnReturn release(x);
  return lazulite::std(x, axes, keepdims, ddof);
}

}  // namespace lazulite
