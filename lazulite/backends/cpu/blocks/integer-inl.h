// The dialect of elementwise.def over one integer or bool: loops of these are left to the
// compiler's vectoriser. Arithmetic wraps around.
#if defined(LAZULITE_CPU_INTEGER_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef LAZULITE_CPU_INTEGER_INL_H
#undef LAZULITE_CPU_INTEGER_INL_H
#else
#define LAZULITE_CPU_INTEGER_INL_H
#endif

#include <limits>
#include <type_traits>

#include "lazulite/backends/cpu/simd.h"

// After simd.h, which limits the targets.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu::HWY_NAMESPACE {

template <class T>
struct Integer {
  T v;
};

// Unsigned, and wide enough not to be promoted to a signed type.
template <class T>
using Wide = std::conditional_t<(sizeof(T) < 4), uint32_t, std::make_unsigned_t<T>>;

template <class V, class Number>
requires std::is_integral_v<decltype(V::v)> HWY_INLINE V constant(Number value) {
  return {static_cast<decltype(V::v)>(value)};
}

#define LAZULITE_ARITHMETIC(symbol, of_bools)                                  \
  template <class T>                                                           \
  HWY_INLINE Integer<T> operator symbol(Integer<T> x, Integer<T> y) {          \
    return {static_cast<T>(Wide<T>(x.v) symbol Wide<T>(y.v))};                 \
  }                                                                            \
  HWY_INLINE Integer<bool> operator symbol(Integer<bool> x, Integer<bool> y) { \
    return {static_cast<bool>(x.v of_bools y.v)};                              \
  }
LAZULITE_ARITHMETIC(+, |)
LAZULITE_ARITHMETIC(-, ^)
LAZULITE_ARITHMETIC(*, &)
#undef LAZULITE_ARITHMETIC

#define LAZULITE_BITWISE(symbol)                                      \
  template <class T>                                                  \
  HWY_INLINE Integer<T> operator symbol(Integer<T> x, Integer<T> y) { \
    return {static_cast<T>(x.v symbol y.v)};                          \
  }
LAZULITE_BITWISE(&)
LAZULITE_BITWISE(|)
LAZULITE_BITWISE(^)
#undef LAZULITE_BITWISE

#define LAZULITE_COMPARISON(symbol)                             \
  template <class T>                                            \
  HWY_INLINE bool operator symbol(Integer<T> x, Integer<T> y) { \
    return x.v symbol y.v;                                      \
  }
LAZULITE_COMPARISON(==)
LAZULITE_COMPARISON(!=)
LAZULITE_COMPARISON(<)
LAZULITE_COMPARISON(<=)
LAZULITE_COMPARISON(>)
LAZULITE_COMPARISON(>=)
#undef LAZULITE_COMPARISON

template <class T>
HWY_INLINE Integer<T> operator-(Integer<T> x) {
  return Integer<T>{0} - x;
}
template <class T>
HWY_INLINE Integer<T> bit_not(Integer<T> x) {
  return {static_cast<T>(~x.v)};
}
HWY_INLINE Integer<bool> bit_not(Integer<bool> x) { return {!x.v}; }

template <class T>
HWY_INLINE Integer<T> select(bool condition, Integer<T> yes, Integer<T> no) {
  return {condition ? yes.v : no.v};
}
template <class T>
HWY_INLINE Integer<T> abs(Integer<T> x) {
  return select(x < Integer<T>{0}, Integer<T>{0} - x, x);
}

// Division by -1 negates, which wraps where the processor's division would trap.
template <class T>
HWY_INLINE Integer<T> floor_div(Integer<T> x, Integer<T> y) {
  if (y.v == 0) return {0};
  if constexpr (std::is_signed_v<T>) {
    if (y.v == -1) return Integer<T>{0} - x;
    const bool inexact = x.v % y.v != 0, negative = (x.v < 0) != (y.v < 0);
    return {static_cast<T>(x.v / y.v - (inexact && negative))};
  } else {
    return {static_cast<T>(x.v / y.v)};
  }
}
template <class T>
HWY_INLINE Integer<T> floor_mod(Integer<T> x, Integer<T> y) {
  if (y.v == 0) return x;
  if constexpr (std::is_signed_v<T>) {
    if (y.v == -1) return {0};
    const T rest = static_cast<T>(x.v % y.v);
    return {static_cast<T>(rest != 0 && (rest < 0) != (y.v < 0) ? rest + y.v : rest)};
  } else {
    return {static_cast<T>(x.v % y.v)};
  }
}

// By repeated squaring.
template <class T>
HWY_INLINE Integer<T> int_pow(Integer<T> x, Integer<T> y) {
  if (y < Integer<T>{0}) return {0};
  Integer<T> result{1};
  for (auto exponent = static_cast<uint64_t>(y.v); exponent != 0; exponent >>= 1) {
    if (exponent & 1) result = result * x;
    x = x * x;
  }
  return result;
}

template <class T>
HWY_INLINE bool moves_all_bits(T places) {
  return static_cast<std::make_unsigned_t<T>>(places) >= 8 * sizeof(T);
}
template <class T>
HWY_INLINE Integer<T> shift_left(Integer<T> x, Integer<T> y) {
  if (moves_all_bits(y.v)) return {0};
  return {static_cast<T>(Wide<T>(x.v) << y.v)};
}
template <class T>
HWY_INLINE Integer<T> shift_right(Integer<T> x, Integer<T> y) {
  if (moves_all_bits(y.v)) return {static_cast<T>(x.v < T(0) ? -1 : 0)};
  return {static_cast<T>(x.v >> y.v)};
}

}  // namespace lazulite::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // LAZULITE_CPU_INTEGER_INL_H
