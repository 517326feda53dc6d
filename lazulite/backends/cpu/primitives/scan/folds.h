#pragma once

#include <cmath>
#include <complex>
#include <limits>
#include <type_traits>
#include <utility>

#include "lazulite/core/dtype.h"

// What cumulative kernels fold elements of type T with: the type `Wide` that they are folded in,
// what a fold of nothing is, and how two are joined. Joining is associative but for rounding.
namespace lazulite::cpu {

// Integers wrap without a sign, floats lose nothing on the way.
template <class T>
struct WideOf {
  using type = std::conditional_t<std::is_integral_v<T>, uint64_t, double>;
};
template <>
struct WideOf<complex64> {
  using type = std::complex<double>;
};

template <class T>
struct SumFold {
  using Wide = typename WideOf<T>::type;
  static Wide nothing() { return Wide{}; }
  static Wide join(Wide a, Wide b) { return a + b; }
};

template <class T>
struct ProductFold {
  using Wide = typename WideOf<T>::type;
  static Wide nothing() { return Wide(1); }
  static Wide join(Wide a, Wide b) { return a * b; }
};

// The first NaN stays, and so does the first of equals.
template <class T, bool maximum>
struct ExtremeFold {
  using Wide = T;
  static Wide nothing() {
    if constexpr (std::is_same_v<T, complex64>) {
      const float part = ExtremeFold<float, maximum>::nothing();
      return complex64(part, part);
    } else {
      using Limits = std::numeric_limits<T>;
      const T highest = Limits::has_infinity ? Limits::infinity() : Limits::max();
      return !maximum ? highest : Limits::has_infinity ? T(-highest) : Limits::lowest();
    }
  }
  static Wide join(Wide a, Wide b) { return a != a ? a : b != b || beyond(b, a) ? b : a; }

 private:
  static bool beyond(Wide b, Wide a) {
    if constexpr (std::is_same_v<T, complex64>) {
      return maximum ? comes_before(a, b) : comes_before(b, a);
    } else {
      return maximum ? b > a : b < a;
    }
  }
  static bool comes_before(complex64 a, complex64 b) {
    return a.real() < b.real() || (a.real() == b.real() && a.imag() < b.imag());
  }
};

template <class T>
struct LogFold {
  using Wide = typename WideOf<T>::type;
  static Wide nothing() { return Wide(-std::numeric_limits<double>::infinity()); }
  static Wide join(Wide a, Wide b) {
    if (std::real(a) < std::real(b)) std::swap(a, b);
    if (std::real(b) == -std::numeric_limits<double>::infinity()) return a;
    if (a == b) return a + std::log(2.0);
    if constexpr (std::is_same_v<T, complex64>) {
      return a + std::log(1.0 + std::exp(b - a));
    } else {
      return a + std::log1p(std::exp(b - a));
    }
  }
};

}  // namespace lazulite::cpu
