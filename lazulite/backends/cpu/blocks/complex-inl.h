// The dialect of elementwise.def over one complex number, with the standard library's functions.
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

template <class V, class Number>
requires std::is_same_v<V, complex64> HWY_INLINE V constant(Number value) {
  return {static_cast<float>(value)};
}
HWY_INLINE complex64 make_complex(float real, float imag) { return {real, imag}; }
HWY_INLINE complex64 select(bool condition, complex64 yes, complex64 no) {
  return condition ? yes : no;
}
HWY_INLINE float abs(float x) { return std::fabs(x); }
HWY_INLINE float rint(float x) { return std::nearbyint(x); }

}  // namespace lazulite::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // LAZULITE_CPU_COMPLEX_INL_H
