// The dialect of elementwise.def over vectors of float or double. Included once for each target.
#if defined(LAZULITE_CPU_REAL_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef LAZULITE_CPU_REAL_INL_H
#undef LAZULITE_CPU_REAL_INL_H
#else
#define LAZULITE_CPU_REAL_INL_H
#endif

#include <cmath>

#include "lazulite/backends/cpu/simd.h"

// After simd.h, which limits the targets.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
struct Real {
  using Tag = hn::ScalableTag<T>;
  static constexpr int64_t lanes = HWY_LANES(T);
  hn::Vec<Tag> v;
};

template <class T>
struct Truth {
  hn::Mask<hn::ScalableTag<T>> m;
};

template <class V, class Number>
HWY_INLINE V constant(Number value) {
  using Tag = typename V::Tag;
  return {hn::Set(Tag(), static_cast<hn::TFromD<Tag>>(value))};
}

#define LAZULITE_OPERATOR(type, result, symbol, expression) \
  template <class T>                                        \
  HWY_INLINE result operator symbol(type x, type y) {       \
    return {expression};                                    \
  }
LAZULITE_OPERATOR(Real<T>, Real<T>, +, hn::Add(x.v, y.v))
LAZULITE_OPERATOR(Real<T>, Real<T>, -, hn::Sub(x.v, y.v))
LAZULITE_OPERATOR(Real<T>, Real<T>, *, hn::Mul(x.v, y.v))
LAZULITE_OPERATOR(Real<T>, Real<T>, /, hn::Div(x.v, y.v))
LAZULITE_OPERATOR(Real<T>, Truth<T>, ==, hn::Eq(x.v, y.v))
// Highway's Ne says of NaN that it equals everything.
LAZULITE_OPERATOR(Real<T>, Truth<T>, !=, hn::Not(hn::Eq(x.v, y.v)))
LAZULITE_OPERATOR(Real<T>, Truth<T>, <, hn::Lt(x.v, y.v))
LAZULITE_OPERATOR(Real<T>, Truth<T>, <=, hn::Le(x.v, y.v))
LAZULITE_OPERATOR(Real<T>, Truth<T>, >, hn::Gt(x.v, y.v))
LAZULITE_OPERATOR(Real<T>, Truth<T>, >=, hn::Ge(x.v, y.v))
LAZULITE_OPERATOR(Truth<T>, Truth<T>, &, hn::And(x.m, y.m))
LAZULITE_OPERATOR(Truth<T>, Truth<T>, |, hn::Or(x.m, y.m))
#undef LAZULITE_OPERATOR

template <class T>
HWY_INLINE Real<T> operator-(Real<T> x) {
  return {hn::Neg(x.v)};
}
template <class T>
HWY_INLINE Real<T> select(Truth<T> condition, Real<T> yes, Real<T> no) {
  return {hn::IfThenElse(condition.m, yes.v, no.v)};
}

#define LAZULITE_FUNCTION(name, function) \
  template <class T>                      \
  HWY_INLINE Real<T> name(Real<T> x) {    \
    return {hn::function(x.v)};           \
  }
LAZULITE_FUNCTION(abs, Abs)
LAZULITE_FUNCTION(sqrt, Sqrt)
LAZULITE_FUNCTION(floor, Floor)
LAZULITE_FUNCTION(ceil, Ceil)
LAZULITE_FUNCTION(trunc, Trunc)
LAZULITE_FUNCTION(rint, Round)
#undef LAZULITE_FUNCTION

// For what no vector function computes exactly.
template <class T, class F>
HWY_INLINE Real<T> lane_by_lane(Real<T> x, Real<T> y, F function) {
  constexpr typename Real<T>::Tag tag;
  HWY_ALIGN T xs[Real<T>::lanes], ys[Real<T>::lanes];
  hn::Store(x.v, tag, xs);
  hn::Store(y.v, tag, ys);
  for (int64_t i = 0; i < Real<T>::lanes; ++i) xs[i] = function(xs[i], ys[i]);
  return {hn::Load(tag, xs)};
}

template <class T>
HWY_INLINE Truth<T> opposite_signs(Real<T> x, Real<T> y) {
  const Real<T> zero = constant<Real<T>>(0);
  return ((x < zero) & (y > zero)) | ((x > zero) & (y < zero));
}
// What the division of x by y leaves, with the sign of x; that of zero is left open.
template <class T>
HWY_INLINE Real<T> exact_mod(Real<T> x, Real<T> y) {
#if HWY_NATIVE_FMA
  // Quotients that T counts in ones: the rest is a number of T, which a fused multiplication finds
  // exactly. The division may have been rounded up to the next quotient, which is one too far.
  const Real<T> most = constant<Real<T>>(sizeof(T) == 4 ? 0x1p24 : 0x1p53);
  const Real<T> quotient = trunc(x / y);
  const Truth<T> counted = (abs(quotient) < most) & (abs(y) < constant<Real<T>>(INFINITY));
  if (hn::AllTrue(typename Real<T>::Tag(), counted.m)) {
    const Real<T> rest{hn::NegMulAdd(quotient.v, y.v, x.v)};
    const Real<T> step{hn::CopySign(y.v, x.v)};
    return select(opposite_signs(rest, x), rest + step, rest);
  }
#endif
  return lane_by_lane(x, y, [](T a, T b) { return std::fmod(a, b); });
}
template <class T>
HWY_INLINE Real<T> zero_with_sign_of(Real<T> x) {
  return {hn::CopySign(hn::Zero(typename Real<T>::Tag()), x.v)};
}

// What the division of x by y leaves, with the sign of y.
template <class T>
HWY_INLINE Real<T> floor_mod(Real<T> x, Real<T> y) {
  const Real<T> rest = exact_mod(x, y);
  return select(rest == constant<Real<T>>(0), zero_with_sign_of(y),
                select(opposite_signs(rest, y), rest + y, rest));
}

// x - a * b, rounded once.
template <class T>
HWY_INLINE Real<T> less_product(Real<T> x, Real<T> a, Real<T> b) {
#if HWY_NATIVE_FMA
  return {hn::NegMulAdd(a.v, b.v, x.v)};
#else
  typename Real<T>::Tag tag;
  HWY_ALIGN T xs[Real<T>::lanes], as[Real<T>::lanes], bs[Real<T>::lanes];
  hn::Store(x.v, tag, xs);
  hn::Store(a.v, tag, as);
  hn::Store(b.v, tag, bs);
  for (int64_t i = 0; i < Real<T>::lanes; ++i) xs[i] = std::fma(-as[i], bs[i], xs[i]);
  return {hn::Load(tag, xs)};
#endif
}

// The whole number, rounded where T has too few digits for it, for which floor_div(x, y) * y +
// floor_mod(x, y) is x.
template <class T>
HWY_INLINE Real<T> floor_div(Real<T> x, Real<T> y) {
  const Real<T> zero = constant<Real<T>>(0), one = constant<Real<T>>(1);
  const Real<T> rest = exact_mod(x, y), ratio = x / y;
  const Real<T> whole = rint((x - rest) / y);
  // What the division without remainder is off by shows when its result is multiplied again.
  const Real<T> again = rint((less_product(x, whole, y) - rest) / y);
  const Truth<T> finite = abs(whole) < constant<Real<T>>(INFINITY);
  const Real<T> off = select(finite & (whole != zero), again, zero);
  const Real<T> quotient = whole + (off - select(opposite_signs(rest, y), one, zero));
  return select(y == zero, ratio, select(quotient == zero, zero_with_sign_of(ratio), quotient));
}

}  // namespace lazulite::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // LAZULITE_CPU_REAL_INL_H
