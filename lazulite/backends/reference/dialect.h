#pragma once

#include <cmath>
#include <complex>
#include <concepts>
#include <limits>
#include <type_traits>

#include "lazulite/backends/reference/erfinv.h"

// The dialect of elementwise.def for one number at a time. Integers wrap, as this folder is
// compiled with -fwrapv.

namespace lazulite::reference::dialect {

using std::acos;
using std::acosh;
using std::asin;
using std::asinh;
using std::atan;
using std::atan2;
using std::atanh;
using std::ceil;
using std::cos;
using std::cosh;
using std::erf;
using std::exp;
using std::expm1;
using std::floor;
using std::imag;
using std::log;
using std::log10;
using std::log1p;
using std::log2;
using std::pow;
using std::real;
using std::rint;
using std::sin;
using std::sinh;
using std::sqrt;
using std::tan;
using std::tanh;
using std::trunc;

template <class T>
struct RealOf {
  using type = T;
};
template <class T>
struct RealOf<std::complex<T>> {
  using type = T;
};

template <class T>
auto abs(T x) {
  if constexpr (std::unsigned_integral<T>) {
    return x;
  } else {
    return std::abs(x);
  }
}

template <class A, class B>
std::common_type_t<A, B> select(bool condition, A a, B b) {
  return condition ? a : b;
}

template <class T>
std::complex<T> make_complex(T re, T im) {
  return {re, im};
}

template <class T>
T floor_div(T x, T y) {
  if (y == T(0)) return T(0);
  if constexpr (std::signed_integral<T>) {
    if (y == T(-1)) return static_cast<T>(-x);  // the hardware traps on the lowest x
    return static_cast<T>(x / y - ((x % y != 0) && ((x < 0) != (y < 0))));
  } else {
    return static_cast<T>(x / y);
  }
}

template <class T>
T floor_mod(T x, T y) {
  if constexpr (std::floating_point<T>) {
    T rest = std::fmod(x, y);
    return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest;
  } else {
    return y == T(0) ? x : static_cast<T>(x - floor_div(x, y) * y);
  }
}

template <class T>
T int_pow(T x, T y) {
  if constexpr (std::signed_integral<T>) {
    if (y < 0) return 0;
  }
  T out = 1;
  for (auto left = static_cast<uint64_t>(y); left != 0; left >>= 1) {
    if (left & 1) out = static_cast<T>(out * x);
    x = static_cast<T>(x * x);
  }
  return out;
}

template <class T>
T bit_not(T x) {
  if constexpr (std::is_same_v<T, bool>) {
    return !x;
  } else {
    return static_cast<T>(~x);
  }
}

template <class T>
bool in_range(T places) {
  return places >= T(0) && static_cast<uint64_t>(places) < 8 * sizeof(T);
}

template <class T>
T shift_left(T x, T y) {
  return in_range(y) ? static_cast<T>(static_cast<uint64_t>(x) << y) : T(0);
}

template <class T>
T shift_right(T x, T y) {
  return in_range(y) ? static_cast<T>(x >> y) : static_cast<T>(x < T(0) ? -1 : 0);
}

}  // namespace lazulite::reference::dialect
