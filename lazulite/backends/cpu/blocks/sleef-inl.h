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
#undef LAZULITE_SLEEF_ERFC
#undef LAZULITE_SLEEF_PIECES
#if defined(__clang__) && (HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX2)
// Clang hands wide vectors over in registers only where the whole file is compiled for them, so it
// cannot call these functions: it calls those for 128 bits, a piece of the vector at a time.
#define LAZULITE_SLEEF_PIECES
#define LAZULITE_SLEEF_FLOAT(name) Sleef_##name##f4_u10avx2128
#define LAZULITE_SLEEF_DOUBLE(name) Sleef_##name##d2_u10avx2128
#define LAZULITE_SLEEF_ERFC Sleef_erfcd2_u15avx2128
#elif HWY_TARGET == HWY_AVX3
#define LAZULITE_SLEEF_FLOAT(name) Sleef_##name##f16_u10avx512f
#define LAZULITE_SLEEF_DOUBLE(name) Sleef_##name##d8_u10avx512f
#define LAZULITE_SLEEF_ERFC Sleef_erfcd8_u15avx512f
#elif HWY_TARGET == HWY_AVX2
#define LAZULITE_SLEEF_FLOAT(name) Sleef_##name##f8_u10avx2
#define LAZULITE_SLEEF_DOUBLE(name) Sleef_##name##d4_u10avx2
#define LAZULITE_SLEEF_ERFC Sleef_erfcd4_u15avx2
#elif HWY_TARGET == HWY_SSE4
#define LAZULITE_SLEEF_FLOAT(name) Sleef_##name##f4_u10sse4
#define LAZULITE_SLEEF_DOUBLE(name) Sleef_##name##d2_u10sse4
#define LAZULITE_SLEEF_ERFC Sleef_erfcd2_u15sse4
#elif HWY_TARGET == HWY_NEON
#define LAZULITE_SLEEF_FLOAT(name) Sleef_##name##f4_u10advsimd
#define LAZULITE_SLEEF_DOUBLE(name) Sleef_##name##d2_u10advsimd
#define LAZULITE_SLEEF_ERFC Sleef_erfcd2_u15advsimd
#endif

HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu::HWY_NAMESPACE {

#ifdef LAZULITE_SLEEF_FLOAT
#ifdef LAZULITE_SLEEF_PIECES
template <class T>
using SleefTag = hn::Full128<T>;
#else
template <class T>
using SleefTag = hn::ScalableTag<T>;
#endif
template <class T>
using Raw = decltype(hn::Vec<SleefTag<T>>::raw);

// function(x, y) of vectors as SLEEF takes them.
template <class T, class F>
HWY_INLINE Real<T> by_raw(Real<T> x, Real<T> y, F function) {
  using Vec = hn::Vec<SleefTag<T>>;
#ifdef LAZULITE_SLEEF_PIECES
  constexpr SleefTag<T> tag;
  constexpr typename Real<T>::Tag whole;
  HWY_ALIGN T xs[Real<T>::lanes], ys[Real<T>::lanes];
  hn::Store(x.v, whole, xs);
  hn::Store(y.v, whole, ys);
  for (int64_t i = 0; i < Real<T>::lanes; i += 16 / sizeof(T)) {
    hn::Store(Vec{function(hn::Load(tag, xs + i).raw, hn::Load(tag, ys + i).raw)}, tag, xs + i);
  }
  return {hn::Load(whole, xs)};
#else
  return {Vec{function(x.v.raw, y.v.raw)}};
#endif
}

#define LAZULITE_UNARY(name)                                                    \
  extern "C" Raw<float> LAZULITE_SLEEF_FLOAT(name)(Raw<float>);                 \
  extern "C" Raw<double> LAZULITE_SLEEF_DOUBLE(name)(Raw<double>);              \
  HWY_INLINE Real<float> name(Real<float> x) {                                  \
    return by_raw(x, x, [](Raw<float> a, Raw<float>) LAZULITE_INLINE_LAMBDA {   \
      return LAZULITE_SLEEF_FLOAT(name)(a);                                     \
    });                                                                         \
  }                                                                             \
  HWY_INLINE Real<double> name(Real<double> x) {                                \
    return by_raw(x, x, [](Raw<double> a, Raw<double>) LAZULITE_INLINE_LAMBDA { \
      return LAZULITE_SLEEF_DOUBLE(name)(a);                                    \
    });                                                                         \
  }
#define LAZULITE_BINARY(name)                                                     \
  extern "C" Raw<float> LAZULITE_SLEEF_FLOAT(name)(Raw<float>, Raw<float>);       \
  extern "C" Raw<double> LAZULITE_SLEEF_DOUBLE(name)(Raw<double>, Raw<double>);   \
  HWY_INLINE Real<float> name(Real<float> x, Real<float> y) {                     \
    return by_raw(x, y, [](Raw<float> a, Raw<float> b) LAZULITE_INLINE_LAMBDA {   \
      return LAZULITE_SLEEF_FLOAT(name)(a, b);                                    \
    });                                                                           \
  }                                                                               \
  HWY_INLINE Real<double> name(Real<double> x, Real<double> y) {                  \
    return by_raw(x, y, [](Raw<double> a, Raw<double> b) LAZULITE_INLINE_LAMBDA { \
      return LAZULITE_SLEEF_DOUBLE(name)(a, b);                                   \
    });                                                                           \
  }
#else
#define LAZULITE_UNARY(name)                                        \
  template <class T>                                                \
  HWY_INLINE Real<T> name(Real<T> x) {                              \
    return lane_by_lane(x, x, [](T a, T) { return std::name(a); }); \
  }
#define LAZULITE_BINARY(name)                                            \
  template <class T>                                                     \
  HWY_INLINE Real<T> name(Real<T> x, Real<T> y) {                        \
    return lane_by_lane(x, y, [](T a, T b) { return std::name(a, b); }); \
  }
#endif

LAZULITE_UNARY(exp)
LAZULITE_UNARY(expm1)
LAZULITE_UNARY(log)
LAZULITE_UNARY(log2)
LAZULITE_UNARY(log10)
LAZULITE_UNARY(erf)
LAZULITE_UNARY(asin)
LAZULITE_UNARY(acos)
LAZULITE_UNARY(atan)
LAZULITE_UNARY(atanh)
LAZULITE_BINARY(atan2)

#ifdef LAZULITE_SLEEF_ERFC
extern "C" Raw<double> LAZULITE_SLEEF_ERFC(Raw<double>);
HWY_INLINE Real<double> erfc(Real<double> x) {
  return by_raw(x, x, [](Raw<double> a, Raw<double>) LAZULITE_INLINE_LAMBDA {
    return LAZULITE_SLEEF_ERFC(a);
  });
}
#else
LAZULITE_UNARY(erfc)
#endif

// Those that are wrong at the ends of their range, which range_ends-inl.h mends, or slow, or whose
// bits depend on their neighbours in the vector.
namespace inner {
LAZULITE_UNARY(sin)
LAZULITE_UNARY(cos)
LAZULITE_UNARY(tan)
LAZULITE_UNARY(tanh)
LAZULITE_UNARY(log1p)
LAZULITE_UNARY(sinh)
LAZULITE_UNARY(cosh)
LAZULITE_UNARY(asinh)
LAZULITE_UNARY(acosh)
LAZULITE_BINARY(pow)
}  // namespace inner
#undef LAZULITE_UNARY
#undef LAZULITE_BINARY

}  // namespace lazulite::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // LAZULITE_CPU_SLEEF_INL_H
