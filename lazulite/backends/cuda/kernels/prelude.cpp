#include "lazulite/backends/cuda/kernels/prelude.h"

namespace lazulite::cuda {

const char* const prelude = R"cuda(
#define DEVICE static __device__ inline
#ifndef INFINITY
#define INFINITY __int_as_float(0x7f800000)
#endif

// Elements as they lie in memory.
struct float16 { unsigned short bits; };
struct bfloat16 { unsigned short bits; };
template <class T> struct Complex {
  T re, im;
  Complex() = default;
  __device__ Complex(T re_, T im_ = 0) : re(re_), im(im_) {}
  template <class U> __device__ explicit Complex(Complex<U> z) : re(T(z.re)), im(T(z.im)) {}
};
typedef Complex<float> complex64;

// Registers of half precision hold a float that a half can hold.
DEVICE float load(float16 x) {
  float y;
  asm("cvt.f32.f16 %0, %1;" : "=f"(y) : "h"(x.bits));
  return y;
}
DEVICE float load(bfloat16 x) { return __uint_as_float((unsigned)x.bits << 16); }
template <class T> DEVICE T load(T x) { return x; }

template <class T> struct Store {
  template <class U> DEVICE T of(U x) { return T(x); }
};
template <> struct Store<float16> {
  DEVICE float16 of(float x) {
    float16 y;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(y.bits) : "f"(x));
    return y;
  }
};
template <> struct Store<bfloat16> {
  DEVICE bfloat16 of(float x) {
    unsigned bits = __float_as_uint(x);
    if ((bits & 0x7fffffffu) > 0x7f800000u) return {(unsigned short)((bits >> 16) | 0x40u)};
    return {(unsigned short)((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16)};
  }
};
// Rounds to what an element of type T can hold.
template <class T, class U> DEVICE auto rounded(U x) { return load(Store<T>::of(x)); }

namespace dialect {

// Integers wrap.
template <class T> struct Int {
  typedef unsigned long long Wide;
  T v;
  __device__ explicit Int(T v_) : v(v_) {}
  __device__ Int operator-() const { return Int(T(0 - Wide(v))); }
};
#define OPERATOR(op)                                                                    \
  template <class T> DEVICE Int<T> operator op(Int<T> a, Int<T> b) {                    \
    typedef typename Int<T>::Wide Wide;                                                 \
    return Int<T>(T(Wide(a.v) op Wide(b.v)));                                           \
  }
OPERATOR(+) OPERATOR(-) OPERATOR(*) OPERATOR(&) OPERATOR(|) OPERATOR(^)
#undef OPERATOR
#define COMPARISON(op) \
  template <class T> DEVICE bool operator op(Int<T> a, Int<T> b) { return a.v op b.v; }
COMPARISON(<) COMPARISON(<=) COMPARISON(>) COMPARISON(>=) COMPARISON(==) COMPARISON(!=)
#undef COMPARISON
template <class T> DEVICE T plain(Int<T> x) { return x.v; }
template <class T> DEVICE T plain(T x) { return x; }

template <class T> DEVICE T select(bool condition, T a, T b) { return condition ? a : b; }

template <class T> DEVICE Int<T> abs(Int<T> x) { return x.v < T(0) ? -x : x; }
template <class T> DEVICE Int<T> floor_div(Int<T> x, Int<T> y) {
  if (y.v == T(0)) return y;
  if (T(-1) < T(0) && y.v == T(-1)) return -x;
  return Int<T>(T(x.v / y.v - ((x.v % y.v != 0) && ((x.v < T(0)) != (y.v < T(0))))));
}
template <class T> DEVICE Int<T> floor_mod(Int<T> x, Int<T> y) {
  return y.v == T(0) ? x : x - floor_div(x, y) * y;
}
template <class T> DEVICE Int<T> int_pow(Int<T> x, Int<T> y) {
  if (y.v < T(0)) return Int<T>(T(0));
  Int<T> out(T(1));
  for (unsigned long long left = y.v; left != 0; left >>= 1) {
    if (left & 1) out = out * x;
    x = x * x;
  }
  return out;
}
template <class T> DEVICE Int<T> bit_not(Int<T> x) { return x ^ Int<T>(T(-1)); }
template <class T> DEVICE bool in_range(Int<T> y) {
  return !(y.v < T(0)) && (unsigned long long)y.v < 8 * sizeof(T);
}
template <class T> DEVICE Int<T> shift_left(Int<T> x, Int<T> y) {
  return Int<T>(in_range(y) ? T((unsigned long long)x.v << y.v) : T(0));
}
template <class T> DEVICE Int<T> shift_right(Int<T> x, Int<T> y) {
  return Int<T>(in_range(y) ? T(x.v >> y.v) : T(x.v < T(0) ? -1 : 0));
}

// Functions of real numbers.
#define FUNCTION(name, single)                                 \
  DEVICE float name(float x) { return ::single(x); }           \
  DEVICE double name(double x) { return ::name(x); }
FUNCTION(acos, acosf) FUNCTION(acosh, acoshf) FUNCTION(asin, asinf) FUNCTION(asinh, asinhf)
FUNCTION(atan, atanf) FUNCTION(atanh, atanhf) FUNCTION(ceil, ceilf) FUNCTION(cos, cosf)
FUNCTION(cosh, coshf) FUNCTION(erf, erff) FUNCTION(exp, expf)
FUNCTION(expm1, expm1f) FUNCTION(floor, floorf) FUNCTION(log, logf) FUNCTION(log10, log10f)
FUNCTION(log1p, log1pf) FUNCTION(log2, log2f) FUNCTION(rint, rintf) FUNCTION(sin, sinf)
FUNCTION(sinh, sinhf) FUNCTION(sqrt, sqrtf) FUNCTION(tan, tanf) FUNCTION(tanh, tanhf)
FUNCTION(trunc, truncf)
#undef FUNCTION
DEVICE float erfinv(float x) { return ::erfinvf(x); }
// The slope doubles many times the value's error near 1, hence a step of Newton's.
DEVICE double erfinv(double x) {
  const double y = ::erfinv(x), size = ::fabs(x);
  if (!(size > 0.5 && size < 1)) return y;
  const double off = (::erfc(::fabs(y)) - (1 - size)) * ::exp(y * y) * 0.886226925452758;
  return y + ::copysign(1.0, x) * off;
}
DEVICE float abs(float x) { return ::fabsf(x); }
DEVICE double abs(double x) { return ::fabs(x); }
DEVICE float atan2(float x, float y) { return ::atan2f(x, y); }
DEVICE double atan2(double x, double y) { return ::atan2(x, y); }
DEVICE float pow(float x, float y) { return ::powf(x, y); }
DEVICE double pow(double x, double y) { return ::pow(x, y); }
DEVICE float fmod(float x, float y) { return ::fmodf(x, y); }
DEVICE double fmod(double x, double y) { return ::fmod(x, y); }
template <class T> DEVICE T floor_mod(T x, T y) {
  T rest = fmod(x, y);
  if (rest == 0) return ::copysign(T(0), y);
  return (rest < 0) != (y < 0) ? rest + y : rest;
}
template <class T> DEVICE T floor_div(T x, T y) {
  if (y == 0) return x / y;
  T rest = fmod(x, y);
  T whole = rint((x - rest) / y), off = 0;
  if (whole != 0 && whole - whole == 0) off = rint((::fma(-whole, y, x) - rest) / y);
  T quotient = whole + (off - T(rest != 0 && (rest < 0) != (y < 0)));
  return quotient != 0 ? quotient : T(::copysign(T(0), x / y));
}

}  // namespace dialect

// Conversions as core/convert.h says. A floating number that an integer cannot hold goes through
// the lowest int64, or int32.
template <class F> DEVICE int to_int(F x) {
  return x >= F(-2147483648.0) && x < F(2147483648.0) ? int(x) : -2147483647 - 1;
}
template <class F> DEVICE long long to_long(F x) {
  const F end = F(9223372036854775808.0);
  return x >= -end && x < end ? (long long)x : -9223372036854775807ll - 1;
}
template <class To, class F> DEVICE To truncated(F x) {
  const F end = F(9223372036854775808.0);
  const bool is_unsigned = To(-1) > To(0);
  if (is_unsigned && sizeof(To) == 8) {
    const bool upper = x >= end;
    return To((unsigned long long)to_long(upper ? x - end : x) ^ (upper ? 1ull << 63 : 0));
  }
  if (sizeof(To) == 8 || (is_unsigned && sizeof(To) == 4)) return To(to_long(x));
  return To(to_int(x));
}
// To a float that half precision rounds as it would round x itself: the last bit says whether
// anything was lost.
DEVICE float to_odd(float x) { return x; }
DEVICE float to_odd(complex64 x) { return x.re; }
DEVICE float to_odd(double x) {
  const float y = float(x);
  if (y == x || x != x) return y;
  return __uint_as_float((__float_as_uint(y) - (::fabs(double(y)) > ::fabs(x))) | 1u);
}
template <class T> DEVICE float to_odd(T x) {
  typedef unsigned long long Wide;
  const bool negative = x < T(0);
  Wide magnitude = negative ? 0 - Wide(x) : Wide(x);
  const Wide low = magnitude & 0x7ff;
  if (magnitude >> 53) magnitude = (magnitude - low) | (low ? 0x800 : 0);
  return to_odd(negative ? -double(magnitude) : double(magnitude));
}
template <class To> struct Cast {
  template <class From> DEVICE To of(From x) { return To(x); }
  static const bool whole = To(0.5f) == To(0);
  DEVICE To of(float x) { return whole ? truncated<To>(x) : To(x); }
  DEVICE To of(double x) { return whole ? truncated<To>(x) : To(x); }
  DEVICE To of(complex64 x) { return of(x.re); }
};
template <> struct Cast<bool> {
  template <class From> DEVICE bool of(From x) { return x != From(0); }
  DEVICE bool of(complex64 x) { return x.re != 0 || x.im != 0; }
};
template <> struct Cast<float16> {
  template <class From> DEVICE float of(From x) { return rounded<float16>(to_odd(x)); }
};
template <> struct Cast<bfloat16> {
  template <class From> DEVICE float of(From x) { return rounded<bfloat16>(to_odd(x)); }
};
template <> struct Cast<complex64> {
  template <class From> DEVICE complex64 of(From x) { return complex64(float(x)); }
  DEVICE complex64 of(complex64 x) { return x; }
};

// Constants in the rows' values: of the type that the row computes in, and of its parts' type.
#define C(c) T(c)
#define R(c) double(c)

// An axis and how to divide by its size (numbers below 2^31).
struct Axis { unsigned size, magic, shift; };
DEVICE unsigned quotient(unsigned number, Axis axis) {
  return (__umulhi(number, axis.magic) + number) >> axis.shift;
}

// Neighbours that are read or written at once.
template <class T, int N> struct alignas(sizeof(T) * N) Pack { T items[N]; };
)cuda";

const char* const complex_prelude = R"cuda(
namespace dialect {

// Complex numbers.
typedef Complex<double> Z;
DEVICE double real(Z x) { return x.re; }
DEVICE double imag(Z x) { return x.im; }
DEVICE Z make_complex(double re, double im) { return Z(re, im); }
DEVICE Z operator+(Z x, Z y) { return Z(x.re + y.re, x.im + y.im); }
DEVICE Z operator-(Z x, Z y) { return Z(x.re - y.re, x.im - y.im); }
DEVICE Z operator-(Z x) { return Z(-x.re, -x.im); }
DEVICE Z operator*(Z x, Z y) { return Z(x.re * y.re - x.im * y.im, x.re * y.im + x.im * y.re); }
// Smith's method: no overflow where the quotient does not.
DEVICE Z operator/(Z x, Z y) {
  if (abs(y.re) >= abs(y.im)) {
    double r = y.im / y.re, d = y.re + y.im * r;
    if (y.im == 0) return Z(x.re / y.re, x.im / y.re);
    return Z((x.re + x.im * r) / d, (x.im - x.re * r) / d);
  }
  double r = y.re / y.im, d = y.re * r + y.im;
  return Z((x.re * r + x.im) / d, (x.im * r - x.re) / d);
}
DEVICE bool operator==(Z x, Z y) { return x.re == y.re && x.im == y.im; }
DEVICE bool operator!=(Z x, Z y) { return !(x == y); }
DEVICE double abs(Z x) { return ::hypot(x.re, x.im); }
DEVICE Z times_i(Z x) { return Z(-x.im, x.re); }
DEVICE Z exp(Z x) {
  double scale = exp(x.re);
  return x.im == 0 ? Z(scale, x.im) : Z(scale * cos(x.im), scale * sin(x.im));
}
DEVICE Z log(Z x) { return Z(log(abs(x)), atan2(x.im, x.re)); }
DEVICE Z sqrt(Z x) {
  double larger = sqrt((abs(x) + abs(x.re)) / 2);
  if (larger == 0) return Z(0, x.im);
  double smaller = abs(x.im) / (2 * larger);
  return x.re >= 0 ? Z(larger, ::copysign(smaller, x.im)) : Z(smaller, ::copysign(larger, x.im));
}
DEVICE Z sinh(Z x) { return Z(sinh(x.re) * cos(x.im), cosh(x.re) * sin(x.im)); }
DEVICE Z cosh(Z x) { return Z(cosh(x.re) * cos(x.im), sinh(x.re) * sin(x.im)); }
DEVICE Z tanh(Z x) {
  double t = tanh(x.re), u = tan(x.im);
  // Far out a quotient would leave its rounding, and what is left is less.
  if (abs(t) == 1 && u == u) return Z(t, 4 * sin(x.im) * cos(x.im) * exp(-2 * abs(x.re)));
  return Z(t, u) / Z(1, t * u);
}
DEVICE Z sin(Z x) { return -times_i(sinh(times_i(x))); }
DEVICE Z cos(Z x) { return cosh(times_i(x)); }
DEVICE Z tan(Z x) { return -times_i(tanh(times_i(x))); }
// The inverses by Kahan's formulas ("Branch cuts for complex elementary functions", 1987), which
// keep what is small beside 1.
DEVICE Z asinh(Z x) {
  const Z a = sqrt(Z(1 + x.im, -x.re)), b = sqrt(Z(1 - x.im, x.re));
  return Z(asinh(a.re * b.im - b.re * a.im), atan2(x.im, a.re * b.re - a.im * b.im));
}
DEVICE Z acosh(Z x) {
  const Z a = sqrt(Z(x.re - 1, x.im)), b = sqrt(Z(x.re + 1, x.im));
  return Z(asinh(a.re * b.re + a.im * b.im), 2 * atan2(a.im, b.re));
}
DEVICE Z atanh(Z x) {
  const double size = abs(x.re), off = 1 - size;
  return Z(::copysign(0.25 * log1p(4 * size / (off * off + x.im * x.im)), x.re),
           0.5 * atan2(2 * x.im, off * (1 + size) - x.im * x.im));
}
DEVICE Z asin(Z x) { return -times_i(asinh(times_i(x))); }
DEVICE Z acos(Z x) {
  const Z a = sqrt(Z(1 - x.re, -x.im)), b = sqrt(Z(1 + x.re, x.im));
  return Z(2 * atan2(a.re, b.re), asinh(b.re * a.im - b.im * a.re));
}
DEVICE Z atan(Z x) { return -times_i(atanh(times_i(x))); }
DEVICE Z pow(Z x, Z y) { return exp(y * log(x)); }

}  // namespace dialect
)cuda";

const char* const places_prelude = R"cuda(
// Where the elements of an array lie, numbered in row-major order.
struct View {
  long long strides[8];
  Axis axes[8];
  int ndim;
};
DEVICE long long place(const View& view, unsigned number) {
  long long at = 0;
  for (int axis = view.ndim - 1; axis >= 0; --axis) {
    const unsigned rest = quotient(number, view.axes[axis]);
    at += (long long)(number - rest * view.axes[axis].size) * view.strides[axis];
    number = rest;
  }
  return at;
}
)cuda";

const char* const window_source = R"cuda(
// The largest of a window's relu(sum + bias), the first of equals; NaN is larger than all.
DEVICE void store_window(const S* sums, S bias, T* out, unsigned char* positions) {
  S best = 0;
  int position = 0;
  #pragma unroll
  for (int i = 0; i < 4; ++i) {
    S value = sums[i] + bias;
    if (value <= 0) value = 0;
    if (i == 0 || (best == best && (value != value || value > best))) {
      best = value;
      position = i;
    }
  }
  if (STORES_VALUE) *out = best;
  if (STORES_POSITION) *positions = best == 0 ? 255 : position;
}
)cuda";

}  // namespace lazulite::cuda
