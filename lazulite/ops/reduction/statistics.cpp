// Means and variances. Half precision is widened first: its own range is too small for sums.
#include <limits>

#include "lazulite/core/release.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/reduction.h"
#include "lazulite/ops/reduction/reduction_axes.h"

namespace lazulite {
namespace {

Array widened(const Array& x) {
  bool narrow = !is_inexact(x.dtype()) || is_half(x.dtype());
  return narrow ? astype(x, Dtype::float32) : x;
}

Dtype statistic_dtype(const Array& x) { return is_inexact(x.dtype()) ? x.dtype() : Dtype::float32; }

double reduced_count(const Array& x, const Axes& axes) {
  double count = 1;
  for (int axis : axes) count *= static_cast<double>(x.shape(axis));
  return count;
}

Array wide_mean(const Array& wide, const Axes& axes, bool keepdims) {
  return sum(wide, axes, keepdims) * (1 / reduced_count(wide, axes));
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
  Axes reduced = reduction_axes(x, axes, "var");
  Array wide = widened(x);
  Array deviation = wide;
  if (!reduced.empty()) deviation = wide - wide_mean(wide, reduced, true);
  bool is_complex = kind_of(x.dtype()) == DtypeKind::complex;
  Array squares = square(is_complex ? abs(deviation) : deviation);
  double count = reduced_count(x, reduced);
  Array total = reduced.empty() ? squares : sum(squares, reduced, keepdims);
  Dtype dtype = is_complex ? Dtype::float32 : statistic_dtype(x);
  return astype(total * (1 / std::max(count - ddof, 0.0)), dtype);
}

Array std(Array x, const Axes& axes, bool keepdims, int ddof) {
  return sqrt(var(std::move(x), axes, keepdims, ddof));
}
Array stddev(Array x, const Axes& axes, bool keepdims, int ddof) {
  return lazulite::std(std::move(x), axes, keepdims, ddof);
}

}  // namespace lazulite
