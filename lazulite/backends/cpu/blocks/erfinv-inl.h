// The inverse of the error function over vectors.
#if defined(LAZULITE_CPU_ERFINV_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef LAZULITE_CPU_ERFINV_INL_H
#undef LAZULITE_CPU_ERFINV_INL_H
#else
#define LAZULITE_CPU_ERFINV_INL_H
#endif

#include "lazulite/backends/cpu/blocks/sleef-inl.h"

HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu::HWY_NAMESPACE {

template <size_t N>
HWY_INLINE Real<double> polynomial(Real<double> x, const double (&coefficients)[N]) {
  auto sum = constant<Real<double>>(coefficients[N - 1]);
  for (size_t i = N - 1; i-- > 0;) sum = sum * x + constant<Real<double>>(coefficients[i]);
  return sum;
}

// M. J. Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Applied
// Statistics 37 (1988): the normal quantile of (1 + x) / 2 is erfinv(x) times the root of 2. Its
// three rational functions cover the middle, the flanks and the tails. To about 6 ULP of double.
inline Real<double> rough_erfinv(Real<double> x) {
  using V = Real<double>;
  static constexpr double a[] = {3.3871328727963666080e0,  1.3314166789178437745e+2,
                                 1.9715909503065514427e+3, 1.3731693765509461125e+4,
                                 4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                 3.3430575583588128105e+4, 2.5090809287301226727e+3};
  static constexpr double b[] = {1,
                                 4.2313330701600911252e+1,
                                 6.8718700749205790830e+2,
                                 5.3941960214247511077e+3,
                                 2.1213794301586595867e+4,
                                 3.9307895800092710610e+4,
                                 2.8729085735721942674e+4,
                                 5.2264952788528545610e+3};
  static constexpr double c[] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                                 5.76949722146069140550e0,  3.64784832476320460504e0,
                                 1.27045825245236838258e0,  2.41780725177450611770e-1,
                                 2.27238449892691845833e-2, 7.74545014278341407640e-4};
  static constexpr double d[] = {1,
                                 2.05319162663775882187e0,
                                 1.67638483018380384940e0,
                                 6.89767334985100004550e-1,
                                 1.48103976427480074590e-1,
                                 1.51986665636164571966e-2,
                                 5.47593808499534494600e-4,
                                 1.05075007164441684324e-9};
  static constexpr double e[] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                                 1.78482653991729133580e0,  2.96560571828504891230e-1,
                                 2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                 2.71155556874348757815e-5, 2.01033439929228813265e-7};
  static constexpr double f[] = {1,
                                 5.99832206555887937690e-1,
                                 1.36929880922735805310e-1,
                                 1.48753612908506148525e-2,
                                 7.86869131145613259100e-4,
                                 1.84631831751005468180e-5,
                                 1.42151175831644588870e-7,
                                 2.04426310338993978564e-15};
  const V half = constant<V>(0.5), root_of_half = constant<V>(0.70710678118654752440);
  const V q = x * half;
  const V near = constant<V>(0.180625) - q * q;
  const V middle = q * polynomial(near, a) / polynomial(near, b);
  const V r = sqrt(-log(half - abs(q)));
  const V flank_r = r - constant<V>(1.6), tail_r = r - constant<V>(5);
  const V flank = polynomial(flank_r, c) / polynomial(flank_r, d);
  const V tail = polynomial(tail_r, e) / polynomial(tail_r, f);
  const V outside = select(r <= constant<V>(5), flank, tail);
  V result =
      select(abs(q) <= constant<V>(0.425), middle, select(x < constant<V>(0), -outside, outside));
  const V infinity = constant<V>(INFINITY);
  result = select(x == constant<V>(1), infinity, result);
  return select(x == constant<V>(-1), -infinity, result * root_of_half);
}

// One step of Newton's method on erf, or where that is near 1, on its complement.
inline Real<double> erfinv(Real<double> x) {
  using V = Real<double>;
  const V one = constant<V>(1), rough = rough_erfinv(x), y = abs(rough), magnitude = abs(x);
  const V error =
      select(magnitude < constant<V>(0.5), erf(y) - magnitude, (one - magnitude) - erfc(y));
  const V step = error / (constant<V>(1.1283791670955126) * exp(-(y * y)));
  const V better = y - step;
  const V result = select(x < constant<V>(0), -better, better);
  return select((magnitude < one) & (magnitude > constant<V>(0)), result, rough);
}

// In double, for the subtraction from 1 leaves float few digits.
inline Real<float> erfinv(Real<float> x) {
  constexpr hn::ScalableTag<float> tag;
  constexpr hn::ScalableTag<double> wide;
  constexpr hn::Half<decltype(tag)> half;
  const auto low = rough_erfinv(Real<double>{hn::PromoteTo(wide, hn::LowerHalf(half, x.v))});
  const auto high = rough_erfinv(Real<double>{hn::PromoteTo(wide, hn::UpperHalf(half, x.v))});
  return {hn::Combine(tag, hn::DemoteTo(half, high.v), hn::DemoteTo(half, low.v))};
}

}  // namespace lazulite::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // LAZULITE_CPU_ERFINV_INL_H
