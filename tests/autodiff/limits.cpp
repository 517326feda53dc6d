// Derivatives at infinities and at points where a factor of them is none: the limit where it
// exists, and no NaN.
#include <gtest/gtest.h>

#include <limits>

#include "lazulite/ops/ops.h"
#include "lazulite/transforms/jvp.h"
#include "support/backends.h"
#include "support/expect.h"
#include "support/finite_differences.h"

namespace lazulite {
namespace {

using test::expect_close;
using test::expect_equal;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr Dtype dtypes[] = {Dtype::float16, Dtype::bfloat16, Dtype::float32, Dtype::float64};

class DerivativeLimits : public test::OnEveryBackend {};
LAZULITE_ON_EVERY_BACKEND(DerivativeLimits);

Arrays slopes(const ArraysFunction& function, const Arrays& inputs) {
  return vjp(function, inputs, {ones_like(function(inputs)[0])}).second;
}
Array slope(Array (*function)(Array), const Array& x) {
  return slopes([function](const Arrays& a) { return Arrays{function(a[0])}; }, {x})[0];
}
Arrays slopes_of_pair(Array (*function)(Array, Array), const Array& x, const Array& y) {
  return slopes([function](const Arrays& a) { return Arrays{function(a[0], a[1])}; }, {x, y});
}

TEST_P(DerivativeLimits, OfSumsOfExponentials) {
  for (Dtype dtype : dtypes) {
    SCOPED_TRACE(name_of(dtype));
    Array x = astype(Array({1., infinity, infinity, -infinity, -infinity, 3.}), dtype);
    Array y = astype(Array({infinity, 1., infinity, -infinity, 2., 3.}), dtype);
    Array to_x = astype(Array({0., 1., .5, 0., 0., .5}), dtype);
    Array to_y = astype(Array({1., 0., .5, 0., 1., .5}), dtype);
    Arrays pair = slopes_of_pair(logaddexp, x, y);
    expect_equal(pair[0], to_x);
    expect_equal(pair[1], to_y);
    ArraysFunction rows = [](const Arrays& a) { return Arrays{logsumexp(stack({a[0], a[1]}), 0)}; };
    pair = slopes(rows, {x, y});
    expect_equal(pair[0], to_x);
    expect_equal(pair[1], to_y);
    expect_equal(jvp(rows, {x, y}, {ones_like(x), zeros_like(y)}).second[0], to_x);
  }
  // The rounding of a large logarithm is not taken for a difference.
  ArraysFunction rows = [](const Arrays& a) { return Arrays{logsumexp(a[0], 0)}; };
  expect_close(slopes(rows, {Array({1e6f, 1e6f, 1e6f})})[0], Array({1 / 3.f, 1 / 3.f, 1 / 3.f}),
               1e-6);
  test::expect_gradients(
      [](const Arrays& a) { return logaddexp(a[0], a[1]); },
      {Array({1., 2., -1.}, Dtype::float64), Array({1., 2., 3.}, Dtype::float64)});
}

// Each sum so far moves as logsumexp of the elements so far.
TEST_P(DerivativeLimits, OfSumsOfExponentialsSoFar) {
  for (Dtype dtype : dtypes) {
    SCOPED_TRACE(name_of(dtype));
    const Array x = astype(Array({-infinity, 1., infinity, 2., infinity}), dtype);
    for (bool reverse : {false, true}) {
      for (bool inclusive : {false, true}) {
        ArraysFunction sums = [=](const Arrays& a) {
          return Arrays{logcumsumexp(a[0], 0, reverse, inclusive)};
        };
        ArraysFunction one_by_one = [=](const Arrays& a) {
          Arrays out;
          for (int64_t i = 0; i < 5; ++i) {
            int64_t first = reverse ? i + !inclusive : 0, last = reverse ? 5 : i + inclusive;
            out.push_back(first == last ? full({}, -infinity, dtype)
                                        : logsumexp(slice(a[0], {first}, {last})));
          }
          return Arrays{stack(std::move(out))};
        };
        expect_close(slopes(sums, {x})[0], slopes(one_by_one, {x})[0], 1e-2);
        const Array tangent = astype(Array({1., 2., 3., 4., 5.}), dtype);
        expect_close(jvp(sums, {x}, {tangent}).second[0], jvp(one_by_one, {x}, {tangent}).second[0],
                     1e-2);
      }
    }
  }
}

TEST_P(DerivativeLimits, OfDirections) {
  for (Dtype dtype : dtypes) {
    SCOPED_TRACE(name_of(dtype));
    double large = dtype == Dtype::float16 ? 4e4 : 1e30, half = std::sqrt(0.5);
    Array x = astype(Array({infinity, 1., infinity, 0., large, -1e-6}), dtype);
    Array y = astype(Array({1., -infinity, -infinity, 0., large, 0.}), dtype);
    Arrays pair = slopes_of_pair(hypot, x, y);
    double tolerance = is_half(dtype) ? 0x1p-8 : 1e-6;
    expect_close(pair[0], astype(Array({1., 0., half, 0., half, -1.}), dtype), tolerance);
    expect_close(pair[1], astype(Array({0., -1., -half, 0., half, 0.}), dtype), tolerance);
    x = astype(Array({infinity, 1., infinity, large}), dtype);
    y = astype(Array({1., -infinity, -infinity, large}), dtype);
    pair = slopes_of_pair(arctan2, x, y);
    Array flat = astype(Array({0., 0., 0., 0.5 / large}), dtype);
    expect_close(pair[0], flat, tolerance, dtype == Dtype::float16 ? 1e-7 : 0);
    expect_close(pair[1], -flat, tolerance, dtype == Dtype::float16 ? 1e-7 : 0);
  }
}

// The reciprocal of a length may be in range where that of its side is not.
TEST_P(DerivativeLimits, OfTheAnglesOfShortVectors) {
  Array side(2e-39f);
  expect_close(slopes_of_pair(arctan2, side, side)[0], Array(2.5e38f), 1e-5);
}

TEST_P(DerivativeLimits, OfPowers) {
  Array x({0., 0., 0., infinity, infinity, 0.5, 1., -2.}),
      y({0., 1., 2., 0., 1., infinity, 3., 2.});
  Arrays pair = slopes_of_pair(power, x, y);
  expect_close(pair[0], Array({0., 1., 0., 0., 1., 0., 3., -4.}), 1e-6);
  Array to_y = slice(pair[1], {0}, {3});
  expect_equal(to_y, Array({0., 0., 0.}));
  EXPECT_EQ(take(pair[1], 5, 0).item<float>(), 0);
  expect_close(slopes_of_pair(power, Array(4.7e-33), Array(-0.1926))[0], Array(-6.9010e37), 1e-4);
  // An exponent that is even, and so large that one less rounds to it.
  EXPECT_EQ(slopes_of_pair(power, Array(-1.), Array(0x1p25))[0].item<float>(), -0x1p25f);
  // infinity^y is infinite above 0 and 0 below.
  EXPECT_EQ(slopes_of_pair(power, Array(infinity), Array(-1.))[1].item<float>(), 0);
}

TEST_P(DerivativeLimits, OfInverseFunctions) {
  for (Dtype dtype : dtypes) {
    SCOPED_TRACE(name_of(dtype));
    Array ends = astype(Array({-infinity, infinity}), dtype), nothing = zeros({2}, dtype);
    for (auto* function : {arctan, arcsinh, reciprocal, tanh, sigmoid, erf}) {
      expect_equal(slope(function, ends), nothing);
    }
    // Squares that are out of range.
    double large = dtype == Dtype::float16 ? 3e4 : 1e20;
    Array x = astype(Array({large, -large}), dtype);
    expect_close(slope(arcsinh, x), astype(Array({1 / large, 1 / large}), dtype), 1e-2);
    // 1 - x^2 would lose half of the digits.
    double near = 1 - (is_half(dtype) ? 0x1p-7 : 0x1p-23), away = (1 - near) * (1 + near);
    Array inside = astype(Array({near}), dtype);
    double tolerance = is_half(dtype) ? 0x1p-7 : 1e-6;
    expect_close(slope(arcsin, inside), astype(Array({1 / std::sqrt(away)}), dtype), tolerance);
    expect_close(slope(arctanh, inside), astype(Array({1 / away}), dtype), tolerance);
  }
}

// 10 * log(2) of the smallest numbers, and of the largest, is still there.
TEST_P(DerivativeLimits, OfLogarithms) {
  Array x({1e-38f, 3e38f}), reciprocals({1e38f, 3.3333333e-39f});
  expect_close(slope(log2, x), Array({1.442695e38f, 4.808983e-39f}), 1e-5);
  expect_close(slope(log10, x), Array({4.342945e37f, 1.447648e-39f}), 1e-5);
  expect_close(slope(log, x), reciprocals, 1e-5);
}

// Half precision leaves its range between two steps though the result is within it.
TEST_P(DerivativeLimits, OfHalvesAreComputedWide) {
  auto half = [](std::vector<double> values) { return astype(Array(values), Dtype::float16); };
  ArraysFunction product = [](const Arrays& a) { return Arrays{prod(a[0])}; };
  expect_close(slopes(product, {half({300, 300, 300, 0.001, 0.001})})[0],
               half({.09, .09, .09, 27000, 27000}), 4e-3, 1e-4);
  // As many equals as float16 does not count.
  Array equals = full({70000}, 2, Dtype::float16);
  std::function<Array(const Array&)> largest = [](const Array& x) { return max(x) * 4000; };
  expect_close(slice(grad(largest)(equals), {0}, {1}), half({4000. / 70000}), 2e-3);
  expect_equal(slope(square, half({0.01})), half({2 * 0.01}));
  // 1 less the rounded sigmoid, or the square of the rounded tangent, would have few digits left.
  double x = 8, gate = 1 / (1 + std::exp(-x));
  expect_close(slope(sigmoid, half({x})), half({gate * (1 - gate)}), 2e-3);
  expect_close(slope(tanh, half({4})), half({1 / (std::cosh(4.) * std::cosh(4.))}), 2e-3);
  std::function<Array(const Array&)> squares = [](const Array& x) { return square(x) * 40000; };
  EXPECT_NEAR(grad(squares)(Array(0.01, Dtype::float16)).item<double>(), 800, 1);
}

}  // namespace
}  // namespace lazulite
