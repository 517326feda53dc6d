// The dialect of elementwise.def over one complex number, with the standard library's functions.
// Its parts are computed in double: errors of logarithms in float would grow in the exponentials.
#if defined(LAZULITE_CPU_COMPLEX_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef LAZULITE_CPU_COMPLEX_INL_H
#undef LAZULITE_CPU_COMPLEX_INL_H
#else
#define LAZULITE_CPU_COMPLEX_INL_H
#endif

#include <cmath>
#include <complex>

#include "lazulite/backends/cpu/simd.h"
#include "lazulite/core/dtype.h"

// After simd.h, which limits the targets.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu::HWY_NAMESPACE {

using Complex = std::complex<double>;

template <class V, class Number>
requires std::is_same_v<V, Complex> HWY_INLINE V constant(Number value) {
  return {static_cast<double>(value)};
}
HWY_INLINE Complex make_complex(double real, double imag) { return {real, imag}; }
HWY_INLINE Complex select(bool condition, Complex yes, Complex no) { return condition ? yes : no; }
HWY_INLINE double abs(double x) { return std::fabs(x); }
HWY_INLINE double rint(double x) { return std::nearbyint(x); }
HWY_INLINE double log1p(double x) { return std::log1p(x); }
HWY_INLINE double atan2(double y, double x) { return std::atan2(y, x); }

}  // namespace lazulite::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // LAZULITE_CPU_COMPLEX_INL_H
