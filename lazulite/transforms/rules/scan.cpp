#include "lazulite/ops/scan.h"

#include <limits>

#include "lazulite/ops/creation.h"
#include "lazulite/ops/elementwise.h"
#include "lazulite/ops/indexing.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/primitives/scan.h"
#include "lazulite/transforms/rules/helpers.h"

namespace lazulite {
namespace {

// Half precision computes in float32, as folds themselves do.
Array widened(const Array& x) { return is_half(x.dtype()) ? astype(x, Dtype::float32) : x; }

bool is_complex(const Array& x) { return kind_of(x.dtype()) == DtypeKind::complex; }

// A fold of `x` like p, and one from the other end.
Array folded(const Cumulative& p, const Array& x) { return again(p, {x}); }
Array folded_back(const Cumulative& p, const Array& x) {
  return again(Cumulative{p.op, p.axis, !p.reverse, p.inclusive}, {x});
}
Array summed(const Cumulative& p, const Array& x) {
  return again(CumulativeSum{p.axis, p.reverse, p.inclusive}, {x});
}
Array summed_back(const Cumulative& p, const Array& x) {
  return again(CumulativeSum{p.axis, !p.reverse, p.inclusive}, {x});
}

// The elements one place further (or back), with a zero where there is none.
Array shifted(const Array& x, int axis, bool further) {
  auto at = static_cast<size_t>(axis);
  if (x.shape()[at] == 0) return x;
  std::vector<PadWidth> widths(x.ndim());
  Positions starts(x.ndim(), 0), stops(x.shape().begin(), x.shape().end());
  widths[at] = further ? PadWidth{1, 0} : PadWidth{0, 1};
  if (!further) ++starts[at], ++stops[at];
  return slice(pad(x, widths), starts, stops);
}

// Products in double precision, which those of some of float32's numbers may need.
Array widest(const Array& x) { return is_complex(x) ? x : astype(x, Dtype::float64); }

// A product's derivative by a factor takes no division, so that it is exact at zeros: it is the
// product of what comes before, times the gradients of what follows, each with the product of the
// factors between. Those sums follow from each other.
Array product_gradient(const Cumulative& p, const Array& given, const Array& cotangent) {
  Array x = widest(given), g = widest(cotangent);
  if (is_complex(x)) x = conjugate(x);
  if (!p.inclusive) g = shifted(g, p.axis, p.reverse);
  Array before = again(Cumulative{p.op, p.axis, p.reverse, false}, {x});
  return before * again(LinearRecurrence{p.axis, !p.reverse}, {shifted(x, p.axis, p.reverse), g});
}

Array product_tangent(const Cumulative& p, const Array& given, const Array& tangent) {
  Array x = widest(given);
  Array before = again(Cumulative{p.op, p.axis, p.reverse, false}, {x});
  Array t = again(LinearRecurrence{p.axis, p.reverse}, {x, before * widest(tangent)});
  return p.inclusive ? t : shifted(t, p.axis, !p.reverse);
}

// Where the extreme so far comes from: of equals, the nearest.
Array origin_of_extreme(const Cumulative& p, const Array& x) {
  Array extreme = again(Cumulative{p.op, p.axis, p.reverse, true}, {x});
  Array reached = logical_or(equal(x, extreme), isnan(x));
  int64_t size = x.shape(p.axis);
  Shape along(x.ndim(), 1);
  along[static_cast<size_t>(p.axis)] = size;
  Dtype dtype = size <= std::numeric_limits<int32_t>::max() ? Dtype::int32 : Dtype::int64;
  Array places = reshape(arange(size, dtype), along);
  Array none(p.reverse ? size - 1 : int64_t{0}, dtype);
  CumulativeOp latest = p.reverse ? CumulativeOp::minimum : CumulativeOp::maximum;
  return again(Cumulative{latest, p.axis, p.reverse, true}, {where(reached, places, none)});
}

Array extreme_gradient(const Cumulative& p, const Array& x, Array g) {
  if (!p.inclusive) g = shifted(g, p.axis, p.reverse);
  return add_along_axis(zeros_like(g), origin_of_extreme(p, x), g, p.axis);
}

Array extreme_tangent(const Cumulative& p, const Array& x, const Array& tangent) {
  Array t = take_along_axis(tangent, origin_of_extreme(p, x), p.axis);
  return p.inclusive ? t : shifted(t, p.axis, !p.reverse);
}

constexpr double infinity = std::numeric_limits<double>::infinity();

// The logarithm of an array without negative elements; -inf of 0, through which nothing flows.
Array log_of(const Array& x) {
  Array is_positive = x > 0;
  return where(is_positive, log(where(is_positive, x, 1)), -infinity);
}

// sum(g exp(a + b)) over what follows or precedes, without overflow: in logarithms, positive and
// negative terms apart.
template <class Fold>
Array weighted(const Array& g, const Array& before, const Array& after, Fold fold) {
  if (is_complex(g)) {
    Array is_zero = equal(g, 0);
    Array logs = where(is_zero, -infinity, log(where(is_zero, 1, g)));
    return exp(fold(logs + before) + after);
  }
  return exp(fold(log_of(g) + before) + after) - exp(fold(log_of(-g) + before) + after);
}

// Sums of nothing are 0, whose logarithm takes part in no difference.
Array finite_log(const Array& sums) { return where(equal(sums, -infinity), 0, sums); }

// From the first infinite element on a sum is infinite, and moves with the infinite elements alone,
// with each alike, as that of logsumexp does.
struct Infinite {
  Infinite(const Cumulative& p, const Array& x)
      : here(equal(x, infinity)), count(summed(p, astype(here, x.dtype()))), sums(count > 0) {}
  Array here, count, sums;
};

Array log_gradient(const Cumulative& p, const Array& given, const Array& cotangent) {
  Array x = widened(given), g = widened(cotangent), sums = finite_log(folded(p, x));
  auto back = [&](const Array& a) { return folded_back(p, a); };
  if (is_complex(x)) return weighted(g, -conjugate(sums), conjugate(x), back);
  const Infinite infinite(p, x);
  Array finite = weighted(where(infinite.sums, 0, g), where(infinite.sums, 0, -sums),
                          where(infinite.here, 0, x), back);
  Array shares = where(infinite.sums, g / where(infinite.sums, infinite.count, 1), 0);
  return where(infinite.here, summed_back(p, shares), finite);
}

Array log_tangent(const Cumulative& p, const Array& given, const Array& tangent) {
  Array x = widened(given), t = widened(tangent), sums = finite_log(folded(p, x));
  auto on = [&](const Array& a) { return folded(p, a); };
  if (is_complex(x)) return weighted(t, x, -sums, on);
  const Infinite infinite(p, x);
  Array finite = weighted(where(infinite.here, 0, t), where(infinite.here, 0, x),
                          where(infinite.sums, 0, -sums), on);
  Array shares = summed(p, where(infinite.here, t, 0)) / where(infinite.sums, infinite.count, 1);
  return where(infinite.sums, shares, finite);
}

bool is_extreme(const Cumulative& p) {
  return p.op == CumulativeOp::maximum || p.op == CumulativeOp::minimum;
}

}  // namespace

// An element reaches all sums behind it: the same sums from the other end.
Gradients vjp(const CumulativeSum& p, const VjpRequest& r) {
  return {again(CumulativeSum{p.axis, !p.reverse, p.inclusive}, {r.cotangents[0]})};
}

Tangents jvp(const CumulativeSum& p, const JvpRequest& r) {
  const Array& tangent = r.tangents[0];
  if (!tangent.valid() || tangent.dtype() != Dtype::bool_) return linear(p, r);
  return {again(p, {astype(tangent, Dtype::int32)})};
}

Mapped vmap(const CumulativeSum& p, const VmapRequest& r) {
  return {again(CumulativeSum{p.axis + 1, p.reverse, p.inclusive}, {r.inputs[0]})};
}

Gradients vjp(const Cumulative& p, const VjpRequest& r) {
  const Array &x = r.inputs[0], &g = r.cotangents[0];
  Array gradient = is_extreme(p)                   ? extreme_gradient(p, x, g)
                   : p.op == CumulativeOp::product ? product_gradient(p, x, g)
                                                   : log_gradient(p, x, g);
  return {astype(gradient, x.dtype())};
}

Tangents jvp(const Cumulative& p, const JvpRequest& r) {
  const Array &x = r.inputs[0], &t = r.tangents[0];
  if (!t.valid()) return {Array()};
  Array tangent = is_extreme(p)                   ? extreme_tangent(p, x, t)
                  : p.op == CumulativeOp::product ? product_tangent(p, x, t)
                                                  : log_tangent(p, x, t);
  return {astype(tangent, x.dtype())};
}

Mapped vmap(const Cumulative& p, const VmapRequest& r) {
  return {again(Cumulative{p.op, p.axis + 1, p.reverse, p.inclusive}, {r.inputs[0]})};
}

// The gradient of b comes the other way, and a multiplies what was before.
Gradients vjp(const LinearRecurrence& p, const VjpRequest& r) {
  const Array &a = r.inputs[0], &g = r.cotangents[0], &h = r.outputs[0];
  auto conjugated = [](const Array& x) { return is_complex(x) ? conjugate(x) : x; };
  Array of_b =
      again(LinearRecurrence{p.axis, !p.reverse}, {shifted(conjugated(a), p.axis, p.reverse), g});
  return {of_b * conjugated(shifted(h, p.axis, !p.reverse)), of_b};
}

Tangents jvp(const LinearRecurrence& p, const JvpRequest& r) {
  const Array &a = r.inputs[0], &h = r.outputs[0], &of_a = r.tangents[0], &of_b = r.tangents[1];
  if (!of_a.valid() && !of_b.valid()) return {Array()};
  Array t = or_zeros(of_b, a);
  if (of_a.valid()) t = t + of_a * shifted(h, p.axis, !p.reverse);
  return {again(p, {a, t})};
}

Mapped vmap(const LinearRecurrence& p, const VmapRequest& r) {
  return {again(LinearRecurrence{p.axis + 1, p.reverse}, {every(r, 0), every(r, 1)})};
}

LAZULITE_RULES(CumulativeSum);
LAZULITE_RULES(Cumulative);
LAZULITE_RULES(LinearRecurrence);

}  // namespace lazulite
