// Transcendental functions of Real<float> and Real<double>, by SLEEF (https://sleef.org) to 1 ULP.
// Its own header declares only what the whole file is compiled for, so each target declares its
// functions here.
#if defined(LAZULITE_CPU_SLEEF_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef LAZULITE_CPU_SLEEF_INL_H
#undef LAZULITE_CPU_SLEEF_INL_H
#else
#define LAZULITE_CPU_SLEEF_INL_H
#endif

#include <cmath>

#include "lazulite/backends/cpu/blocks/real-inl.h"

#undef LAZULITE_SLEEF_FLOAT
#undef LAZULITE_SLEEF_DOUBLE
#if HWY_TARGET == HWY_AVX3
#define LAZULITE_SLEEF_FLOAT(name) Sleef_##name##f16_u10avx512f
#define LAZULITE_SLEEF_DOUBLE(name) Sleef_##name##d8_u10avx512f
#elif HWY_TARGET == HWY_AVX2
#define LAZULITE_SLEEF_FLOAT(name) Sleef_##name##f8_u10avx2
#define LAZULITE_SLEEF_DOUBLE(name) Sleef_##name##d4_u10avx2
#elif HWY_TARGET == HWY_SSE4
#define LAZULITE_SLEEF_FLOAT(name) Sleef_##name##f4_u10sse4
#define LAZULITE_SLEEF_DOUBLE(name) Sleef_##name##d2_u10sse4
#elif HWY_TARGET == HWY_NEON
#define LAZULITE_SLEEF_FLOAT(name) Sleef_##name##f4_u10advsimd
#define LAZULITE_SLEEF_DOUBLE(name) Sleef_##name##d2_u10advsimd
#endif

HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu::HWY_NAMESPACE {

#ifdef LAZULITE_SLEEF_FLOAT
using RawFloat = decltype(hn::Vec<hn::ScalableTag<float>>::raw);
using RawDouble = decltype(hn::Vec<hn::ScalableTag<double>>::raw);

#define LAZULITE_UNARY_AS(own_name, name)                                            \
  extern "C" RawFloat LAZULITE_SLEEF_FLOAT(name)(RawFloat);                          \
  extern "C" RawDouble LAZULITE_SLEEF_DOUBLE(name)(RawDouble);                       \
  HWY_INLINE Real<float> own_name(Real<float> x) {                                   \
    return {hn::Vec<hn::ScalableTag<float>>{LAZULITE_SLEEF_FLOAT(name)(x.v.raw)}};   \
  }                                                                                  \
  HWY_INLINE Real<double> own_name(Real<double> x) {                                 \
    return {hn::Vec<hn::ScalableTag<double>>{LAZULITE_SLEEF_DOUBLE(name)(x.v.raw)}}; \
  }
#define LAZULITE_BINARY(name)                                                                 \
  extern "C" RawFloat LAZULITE_SLEEF_FLOAT(name)(RawFloat, RawFloat);                         \
  extern "C" RawDouble LAZULITE_SLEEF_DOUBLE(name)(RawDouble, RawDouble);                     \
  HWY_INLINE Real<float> name(Real<float> x, Real<float> y) {                                 \
    return {hn::Vec<hn::ScalableTag<float>>{LAZULITE_SLEEF_FLOAT(name)(x.v.raw, y.v.raw)}};   \
  }                                                                                           \
  HWY_INLINE Real<double> name(Real<double> x, Real<double> y) {                              \
    return {hn::Vec<hn::ScalableTag<double>>{LAZULITE_SLEEF_DOUBLE(name)(x.v.raw, y.v.raw)}}; \
  }
#else
#define LAZULITE_UNARY_AS(own_name, name)                           \
  template <class T>                                                \
  HWY_INLINE Real<T> own_name(Real<T> x) {                          \
    return lane_by_lane(x, x, [](T a, T) { return std::name(a); }); \
  }
#define LAZULITE_BINARY(name)                                            \
  template <class T>                                                     \
  HWY_INLINE Real<T> name(Real<T> x, Real<T> y) {                        \
    return lane_by_lane(x, y, [](T a, T b) { return std::name(a, b); }); \
  }
#endif
#define LAZULITE_UNARY(name) LAZULITE_UNARY_AS(name, name)

LAZULITE_UNARY(exp)
LAZULITE_UNARY(expm1)
LAZULITE_UNARY(log)
LAZULITE_UNARY(log2)
LAZULITE_UNARY(log10)
LAZULITE_UNARY_AS(near_log1p, log1p)
LAZULITE_UNARY(erf)
LAZULITE_UNARY(sin)
LAZULITE_UNARY(cos)
LAZULITE_UNARY(tan)
LAZULITE_UNARY(asin)
LAZULITE_UNARY(acos)
LAZULITE_UNARY(atan)
LAZULITE_UNARY(sinh)
LAZULITE_UNARY(cosh)
LAZULITE_UNARY(tanh)
LAZULITE_UNARY_AS(near_asinh, asinh)
LAZULITE_UNARY_AS(near_acosh, acosh)
LAZULITE_UNARY(atanh)
LAZULITE_BINARY(pow)
LAZULITE_BINARY(atan2)
#undef LAZULITE_UNARY
#undef LAZULITE_UNARY_AS
#undef LAZULITE_BINARY

// SLEEF's overflow for numbers whose square does; there the logarithm alone is exact enough.
template <class T>
HWY_INLINE Truth<T> is_far(Real<T> x) {
  return x > constant<Real<T>>(0x1p60);
}
template <class T>
HWY_INLINE Real<T> log_of_twice(Real<T> x) {
  return log(x) + constant<Real<T>>(0.6931471805599453);
}
template <class T>
HWY_INLINE Real<T> log1p(Real<T> x) {
  return select(is_far(x), log(x), near_log1p(x));
}
template <class T>
HWY_INLINE Real<T> asinh(Real<T> x) {
  const Real<T> far = log_of_twice(abs(x));
  return select(is_far(abs(x)), Real<T>{hn::CopySign(far.v, x.v)}, near_asinh(x));
}
template <class T>
HWY_INLINE Real<T> acosh(Real<T> x) {
  return select(is_far(x), log_of_twice(x), near_acosh(x));
}

}  // namespace lazulite::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // LAZULITE_CPU_SLEEF_INL_H
