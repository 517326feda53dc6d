#include <fmt/format.h>

#include <cmath>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/elementwise.h"
#include "lazulite/ops/indexing.h"
#include "lazulite/ops/linalg.h"
#include "lazulite/ops/linear.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/reduction.h"

namespace lazulite {
namespace {

Array root_of_squares(const Array& x, const Axes& axes, bool keepdims) {
  Array magnitudes = x.dtype() == Dtype::complex64 ? abs(x) : x;
  return sqrt(sum(square(magnitudes), axes, keepdims));
}

Array vector_norm(const Array& x, double p, const Axes& axes, bool keepdims) {
  if (p == INFINITY) return max(abs(x), axes, keepdims);
  if (p == -INFINITY) return min(abs(x), axes, keepdims);
  if (p == 0) return astype(sum(x != 0, axes, keepdims), abs(x).dtype());
  if (p == 1) return sum(abs(x), axes, keepdims);
  if (p == 2) return root_of_squares(x, axes, keepdims);
  return power(sum(power(abs(x), p), axes, keepdims), 1 / p);
}

// The largest, the smallest or the sum of singular values, by what `reduce` makes of them.
template <class F>
Array spectral_norm(const Array& x, const Axes& axes, bool keepdims, F reduce) {
  const int rows = normalize_axis(axes[0], x.ndim(), "norm");
  const int columns = normalize_axis(axes[1], x.ndim(), "norm");
  if (rows == columns) throw ValueError("norm: the axes of a matrix are two");
  Axes order;
  for (int i = 0; i < static_cast<int>(x.ndim()); ++i) {
    if (i != rows && i != columns) order.push_back(i);
  }
  order.push_back(rows);
  order.push_back(columns);
  Array out = reduce(singular_values(transpose(x, order)));
  return keepdims ? expand_dims(out, {rows, columns}) : out;
}

Array matrix_norm(const Array& x, double p, const Axes& axes, bool keepdims) {
  if (std::abs(p) == 2) {
    return spectral_norm(x, axes, keepdims,
                         [&](const Array& s) { return p > 0 ? max(s, -1) : min(s, -1); });
  }
  bool columns = std::abs(p) == 1;
  if (!columns && std::abs(p) != INFINITY) {
    throw ValueError(
        fmt::format("norm: matrices have the norms 1, -1, 2, -2, inf, -inf, 'fro' and "
                    "'nuc', not {}",
                    p));
  }
  int summed = normalize_axis(columns ? axes[0] : axes[1], x.ndim(), "norm");
  int compared = normalize_axis(columns ? axes[1] : axes[0], x.ndim(), "norm");
  if (summed == compared) throw ValueError("norm: the axes of a matrix are two");
  Array sums = sum(abs(x), {summed}, true);
  Array out = p > 0 ? max(sums, {compared}, true) : min(sums, {compared}, true);
  return keepdims ? out : squeeze(out, {summed, compared});
}

}  // namespace

Array norm(Array x, const NormOrder& order, const Axes& axes, bool keepdims) {
  const ReleaseOnReturn release(x);
  if (is_half(x.dtype())) {
    // Squares and powers leave the range of half types where the norm itself is in it.
    const Dtype dtype = x.dtype();
    return astype(norm(astype(std::move(x), Dtype::float32), order, axes, keepdims), dtype);
  }
  if (!is_inexact(x.dtype())) x = astype(std::move(x), Dtype::float32);
  Axes over = axes;
  bool plain = !order.p && !order.frobenius && !order.nuclear;
  if (over.empty()) {
    if (plain) {
      for (size_t i = 0; i < x.ndim(); ++i) over.push_back(static_cast<int>(i));
      return over.empty() ? abs(x) : root_of_squares(x, over, keepdims);
    }
    if (x.ndim() == 0 || x.ndim() > 2) {
      throw ValueError(fmt::format(
          "norm: an array of shape {} needs an axis, or two, with an order", to_string(x.shape())));
    }
    for (size_t i = 0; i < x.ndim(); ++i) over.push_back(static_cast<int>(i));
  }
  if (over.size() > 2) throw ValueError("norm: at most two axes can be given");
  if ((order.frobenius || order.nuclear) && over.size() != 2) {
    throw ValueError("norm: 'fro' and 'nuc' are norms of matrices, over two axes");
  }
  if (order.nuclear) {
    return spectral_norm(x, over, keepdims, [](const Array& s) { return sum(s, -1); });
  }
  if (plain || order.frobenius) return root_of_squares(x, over, keepdims);
  Array out = over.size() == 1 ? vector_norm(x, *order.p, over, keepdims)
                               : matrix_norm(x, *order.p, over, keepdims);
  // As in MLX, where only sums of squares are real.
  const bool squares = over.size() == 1 && *order.p == 2;
  return squares ? out : astype(std::move(out), x.dtype());
}

Array cross(Array a, Array b, int axis) {
  const ReleaseOnReturn release(a, b);
  auto part = [](const Array& x, int at, int64_t i) { return take(x, i, at); };
  int in_a = normalize_axis(axis, a.ndim(), "cross"),
      in_b = normalize_axis(axis, b.ndim(), "cross");
  int64_t n = a.shape(in_a), m = b.shape(in_b);
  if (n < 2 || n > 3 || m < 2 || m > 3) {
    throw ValueError(
        fmt::format("cross: vectors of 2 or 3 elements are needed, not of {} and {}", n, m));
  }
  Array x0 = part(a, in_a, 0), x1 = part(a, in_a, 1), y0 = part(b, in_b, 0), y1 = part(b, in_b, 1);
  Array last = x0 * y1 - x1 * y0;
  Array zero = zeros_like(last);
  Array x2 = n == 3 ? part(a, in_a, 2) : zero, y2 = m == 3 ? part(b, in_b, 2) : zero;
  std::vector<Array> parts = broadcast_arrays({x1 * y2 - x2 * y1, x2 * y0 - x0 * y2, last});
  return stack(std::move(parts), axis < 0 ? axis : in_a);
}

}  // namespace lazulite
