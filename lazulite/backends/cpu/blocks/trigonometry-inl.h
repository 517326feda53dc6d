// sin, cos and tan. SLEEF reduces a vector's angles by a method that suits the largest of them;
// here each angle has the method of its own size, so that its sine does not depend on its
// neighbours.
#if defined(LAZULITE_CPU_TRIGONOMETRY_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef LAZULITE_CPU_TRIGONOMETRY_INL_H
#undef LAZULITE_CPU_TRIGONOMETRY_INL_H
#else
#define LAZULITE_CPU_TRIGONOMETRY_INL_H
#endif

#include "lazulite/backends/cpu/blocks/sleef-inl.h"

HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu::HWY_NAMESPACE {

template <class T>
HWY_INLINE bool all(Truth<T> x) {
  return hn::AllTrue(hn::ScalableTag<T>(), x.m);
}

template <class T, class F>
HWY_INLINE Real<T> by_range(Real<T> x, F function) {
  using V = Real<T>;
  // Where SLEEF goes on to its next method: floats have two, doubles three.
  constexpr bool has_middle = sizeof(T) == 8;
  const V near_end = constant<V>(has_middle ? 15 : 125), middle_end = constant<V>(1e14);
  const V size = abs(x);
  const Truth<T> near = size < near_end;
  if (all(near)) return function(x);

  // Numbers of other ranges are replaced by one of this range.
  V result = function(select(near, x, constant<V>(1)));
  const Truth<T> rest = size < (has_middle ? middle_end : near_end);
  if constexpr (has_middle) {
    result = select(near, result, function(select(near, near_end, select(rest, x, near_end))));
  }
  if (all(rest)) return result;
  const V far_example = constant<V>(has_middle ? 2e14 : 200);
  return select(rest, result, function(select(rest, far_example, x)));
}

#define LAZULITE_BY_RANGE(name)                                                          \
  template <class T>                                                                     \
  HWY_INLINE Real<T> name(Real<T> x) {                                                   \
    return by_range(x, [](Real<T> a) LAZULITE_INLINE_LAMBDA { return inner::name(a); }); \
  }
LAZULITE_BY_RANGE(sin)
LAZULITE_BY_RANGE(cos)
LAZULITE_BY_RANGE(tan)
#undef LAZULITE_BY_RANGE

}  // namespace lazulite::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // LAZULITE_CPU_TRIGONOMETRY_INL_H
