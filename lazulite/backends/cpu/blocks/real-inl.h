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

// What the division of x by y leaves, with the sign of y.
template <class T>
HWY_INLINE Real<T> floor_mod(Real<T> x, Real<T> y) {
  const Real<T> rest = lane_by_lane(x, y, [](T a, T b) { return std::fmod(a, b); });
  const Real<T> zero = constant<Real<T>>(0);
  const Truth<T> opposite = ((rest < zero) & (y > zero)) | ((rest > zero) & (y < zero));
  return select(opposite, rest + y, rest);
}

}  // namespace lazulite::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // LAZULITE_CPU_REAL_INL_H
