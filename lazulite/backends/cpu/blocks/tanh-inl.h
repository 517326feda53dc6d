// The hyperbolic tangent: of floats four times as fast as SLEEF's.
#if defined(LAZULITE_CPU_TANH_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef LAZULITE_CPU_TANH_INL_H
#undef LAZULITE_CPU_TANH_INL_H
#else
#define LAZULITE_CPU_TANH_INL_H
#endif

#include "lazulite/backends/cpu/blocks/sleef-inl.h"

HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu::HWY_NAMESPACE {

HWY_INLINE Real<double> tanh(Real<double> x) { return inner::tanh(x); }

// The two ranges and the polynomial of the first are those of tanhf in S. L. Moshier's Cephes
// library (1989). Below 1.5 ULP.
HWY_INLINE Real<float> tanh(Real<float> x) {
  using V = Real<float>;
  const V one = constant<V>(1), magnitude = abs(x), z = x * x;
  V p = constant<V>(-5.70498872745e-3) * z + constant<V>(2.06390887954e-2);
  p = p * z + constant<V>(-5.37397155531e-2);
  p = p * z + constant<V>(1.33314422036e-1);
  p = p * z + constant<V>(-3.33332819422e-1);
  const V near = p * z * x + x;
  const V far = one - constant<V>(2) / (exp(magnitude + magnitude) + one);
  // The sign of x also where the sum has turned -0 into 0.
  return {hn::CopySign(select(magnitude < constant<V>(0.625), near, far).v, x.v)};
}

}  // namespace lazulite::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // LAZULITE_CPU_TANH_INL_H
