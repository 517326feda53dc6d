// Functions that SLEEF lets overflow before their results do.
#if defined(LAZULITE_CPU_RANGE_ENDS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef LAZULITE_CPU_RANGE_ENDS_INL_H
#undef LAZULITE_CPU_RANGE_ENDS_INL_H
#else
#define LAZULITE_CPU_RANGE_ENDS_INL_H
#endif

#include "lazulite/backends/cpu/blocks/sleef-inl.h"

HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu::HWY_NAMESPACE {

template <class T>
HWY_INLINE bool any(Truth<T> x) {
  return !hn::AllFalse(hn::ScalableTag<T>(), x.m);
}

// Beyond it, 1 + x and the root of x * x + 1 are x.
inline constexpr double large = 0x1p60;
inline constexpr double log_of_2 = 0.69314718055994530942;

template <class T>
HWY_INLINE Real<T> log1p(Real<T> x) {
  const Truth<T> is_large = x > constant<Real<T>>(large);
  const Real<T> result = inner::log1p(x);
  return any(is_large) ? select(is_large, log(x), result) : result;
}

template <class T>
HWY_INLINE Real<T> asinh(Real<T> x) {
  const Truth<T> is_large = abs(x) > constant<Real<T>>(large);
  const Real<T> result = inner::asinh(x);
  if (!any(is_large)) return result;
  const Real<T> magnitude = log(abs(x)) + constant<Real<T>>(log_of_2);
  return select(is_large, select(x < constant<Real<T>>(0), -magnitude, magnitude), result);
}

template <class T>
HWY_INLINE Real<T> acosh(Real<T> x) {
  const Truth<T> is_large = x > constant<Real<T>>(large);
  const Real<T> result = inner::acosh(x);
  return any(is_large) ? select(is_large, log(x) + constant<Real<T>>(log_of_2), result) : result;
}

// Half of exp(x), of which exp(x) itself might overflow.
template <class T>
HWY_INLINE Real<T> half_exp(Real<T> x) {
  const Real<T> half = constant<Real<T>>(0.5), root = exp(x * half);
  return half * root * root;
}
template <class T>
HWY_INLINE Truth<T> nears_overflow(Real<T> x) {
  return abs(x) > constant<Real<T>>(sizeof(T) == 4 ? 80 : 700);
}

template <class T>
HWY_INLINE Real<T> sinh(Real<T> x) {
  const Truth<T> is_large = nears_overflow(x);
  const Real<T> result = inner::sinh(x);
  if (!any(is_large)) return result;
  const Real<T> magnitude = half_exp(abs(x));
  return select(is_large, select(x < constant<Real<T>>(0), -magnitude, magnitude), result);
}

template <class T>
HWY_INLINE Real<T> cosh(Real<T> x) {
  const Truth<T> is_large = nears_overflow(x);
  const Real<T> result = inner::cosh(x);
  return any(is_large) ? select(is_large, half_exp(abs(x)), result) : result;
}

template <class T>
HWY_INLINE Real<T> pow(Real<T> x, Real<T> y) {
  return select(y == constant<Real<T>>(1), x, inner::pow(x, y));
}

}  // namespace lazulite::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // LAZULITE_CPU_RANGE_ENDS_INL_H
