#pragma once

#include <cmath>
#include <complex>
#include <concepts>
#include <limits>
#include <type_traits>

// The dialect of elementwise.def for one number at a time. Integers wrap, as this folder is
// compiled with -fwrapv.

namespace lazulite::reference::dialect {

using std::acos, std::acosh, std::asin, std::asinh, std::atan, std::atan2, std::atanh, std::ceil,
    std::cos, std::cosh, std::erf, std::exp, std::expm1, std::floor, std::imag, std::log,
    std::log10, std::log1p, std::log2, std::pow, std::real, std::rint, std::sin, std::sinh,
    std::sqrt, std::tan, std::tanh, std::trunc;

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
  if constexpr (std::floating_point<T>) {
    // x / y may have been rounded up to a whole number, or past one that the remainder leaves. What
    // the division without remainder is off by shows when its result is multiplied again.
    if (y == 0) return x / y;
    T rest = std::fmod(x, y);
    T whole = std::rint((x - rest) / y);
    T off = 0;
    if (whole != 0 && std::isfinite(whole)) off = std::rint((std::fma(-whole, y, x) - rest) / y);
    T down = rest != 0 && (rest < 0) != (y < 0) ? 1 : 0;
    T quotient = whole + (off - down);
    return quotient != 0 ? quotient : std::copysign(T(0), x / y);
  } else if constexpr (std::signed_integral<T>) {
    if (y == T(0)) return T(0);
    if (y == T(-1)) return static_cast<T>(-x);  // the hardware traps on the lowest x
    return static_cast<T>(x / y - ((x % y != 0) && ((x < 0) != (y < 0))));
  } else {
    return y == T(0) ? T(0) : static_cast<T>(x / y);
  }
}

template <class T>
T floor_mod(T x, T y) {
  if constexpr (std::floating_point<T>) {
    T rest = std::fmod(x, y);
    if (rest == 0) return std::copysign(T(0), y);
    return (rest < 0) != (y < 0) ? rest + y : rest;
  } else {
    return y == T(0) ? x : static_cast<T>(x - floor_div(x, y) * y);
  }
}

template <class T>
T int_pow(T x, T y) {
  if (y < T(0)) return 0;
  T out = 1;
  for (auto left = static_cast<uint64_t>(y); left != 0; left >>= 1) {
    if (left & 1) out = static_cast<T>(out * x);
    x = static_cast<T>(x * x);
  }
  return out;
}

template <class T>
T bit_not(T x) {
  return static_cast<T>(x ^ T(-1));  // T(-1) of bool is true
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

/// The inverse of the error function: Winitzki's approximation, refined by Halley's method on
/// erf(y) = x, or near the ends on erfc(y) = 1 - x, which is exact there.
inline double erfinv(double x) {
  double magnitude = std::fabs(x);
  if (magnitude == 1) return x * std::numeric_limits<double>::infinity();
  if (!(magnitude < 1)) return std::numeric_limits<double>::quiet_NaN();
  if (magnitude < 1e-8) return x * 0.886226925452758;  // the next term is below the precision
  constexpr double a = 0.147, pi = 3.141592653589793;
  double log_rest = std::log1p(-magnitude * magnitude);
  double b = 2 / (pi * a) + log_rest / 2;
  double y = std::sqrt(std::sqrt(b * b - log_rest / a) - b);
  for (int i = 0; i < 3; ++i) {
    double error = magnitude < 0.5 ? std::erf(y) - magnitude : (1 - magnitude) - std::erfc(y);
    double step = error / (1.1283791670955126 * std::exp(-y * y));
    y -= step / (1 + y * step);
  }
  return std::copysign(y, x);
}

}  // namespace lazulite::reference::dialect
