#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "launch_case.h"

namespace lazulite::test {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

Numbers run(CallId id, const Shape& shape, Dtype dtype, const Numbers& x,
            Layout layout = Layout::row_major) {
  Shape result = shape;
  if (id == CallId::logsumexp) result.pop_back();
  return LaunchCase(Call{id, {}})
      .input(shape, dtype, x, layout)
      .output(result, dtype)
      .run("cpu")[0];
}

// Rows of `size` numbers, in more than double precision.
Numbers expected(CallId id, const Numbers& x, int64_t size) {
  Numbers result;
  for (size_t row = 0; row < x.size(); row += size) {
    double largest = -infinity;
    for (int64_t i = 0; i < size; ++i) largest = std::max(largest, x[row + i].real());
    long double sum = 0;
    for (int64_t i = 0; i < size; ++i)
      sum += std::exp(static_cast<long double>(x[row + i].real() - largest));
    const long double total = std::log(sum) + largest;
    if (id == CallId::logsumexp) result.push_back(static_cast<double>(total));
    for (int64_t i = 0; i < size && id != CallId::logsumexp; ++i) {
      const long double log = x[row + i].real() - total;
      result.push_back(static_cast<double>(id == CallId::softmax ? std::exp(log) : log));
    }
  }
  return result;
}

double error_allowed(Dtype dtype, double value) {
  const double epsilon = dtype == Dtype::float32   ? 1.2e-7
                         : dtype == Dtype::float16 ? 9.8e-4
                         : dtype == Dtype::float64 ? 2.3e-16
                                                   : 7.9e-3;
  // Most of it comes from the sum of a thousand terms, one after the other in float64.
  return 10 * epsilon * std::max(std::abs(value), dtype == Dtype::float16 ? 1e-4 : 1e-30);
}

TEST(Softmax, AgreesWithHigherPrecision) {
  for (CallId id : {CallId::softmax, CallId::log_softmax, CallId::logsumexp}) {
    for (Dtype dtype : {Dtype::float32, Dtype::float64, Dtype::float16, Dtype::bfloat16}) {
      for (int64_t size : {1, 2, 10, 16, 17, 100, 1000}) {
        Numbers x(7 * size);
        for (size_t i = 0; i < x.size(); ++i) {
          // Steps that every dtype represents.
          x[i] = static_cast<double>((i * 37) % 101) / 8 - 6;
        }
        const Numbers got = run(id, {7, size}, dtype, x);
        const Numbers want = expected(id, x, size);
        ASSERT_EQ(got.size(), want.size());
        for (size_t i = 0; i < want.size(); ++i) {
          // A difference of logarithms is as exact as the larger of them.
          const double scale = id == CallId::log_softmax ? 20 : want[i].real();
          EXPECT_NEAR(got[i].real(), want[i].real(), error_allowed(dtype, scale))
              << name_of(id) << " of " << size << " " << name_of(dtype);
        }
      }
    }
  }
}

TEST(Softmax, OfEveryLayout) {
  Numbers x(4 * 5 * 30);
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i % 7) / 4;
  const Numbers want = expected(CallId::softmax, x, 30);
  for (Layout layout : {Layout::column_major, Layout::spread, Layout::backwards}) {
    const Numbers got = run(CallId::softmax, {4, 5, 30}, Dtype::float32, x, layout);
    for (size_t i = 0; i < want.size(); ++i) EXPECT_NEAR(got[i].real(), want[i].real(), 1e-7);
  }
}

TEST(Softmax, KeepsSmallProbabilities) {
  // exp(-100) is subnormal in float32.
  const Numbers got = run(CallId::softmax, {1, 3}, Dtype::float32, {0, -80, -100});
  EXPECT_FLOAT_EQ(got[0].real(), 1);
  EXPECT_NEAR(got[1].real(), std::exp(-80), 1e-41);
  EXPECT_NEAR(got[2].real(), std::exp(-100), 3e-45);
}

TEST(Softmax, OfInfinitiesAndNaN) {
  const auto is_nan = [](Number x) { return std::isnan(x.real()); };
  for (int64_t size : {3, 40}) {
    Numbers x(size, Number(1));
    x[2] = -infinity;
    Numbers got = run(CallId::softmax, {1, size}, Dtype::float32, x);
    EXPECT_EQ(got[2], 0.);
    EXPECT_FLOAT_EQ(got[0].real(), 1.f / static_cast<float>(size - 1));
    EXPECT_EQ(run(CallId::log_softmax, {1, size}, Dtype::float32, x)[2], -infinity);

    for (double special : {infinity, nan}) {
      x[2] = special;
      for (CallId id : {CallId::softmax, CallId::log_softmax}) {
        for (const Number& y : run(id, {1, size}, Dtype::float32, x)) EXPECT_TRUE(is_nan(y));
      }
    }
    EXPECT_TRUE(is_nan(run(CallId::logsumexp, {1, size}, Dtype::float32, x)[0]));
    for (Dtype dtype : {Dtype::float32, Dtype::float64}) {
      x[2] = infinity;
      EXPECT_EQ(run(CallId::logsumexp, {1, size}, dtype, x)[0], infinity);
      const Numbers nothing(size, Number(-infinity));
      EXPECT_EQ(run(CallId::logsumexp, {1, size}, dtype, nothing)[0], -infinity);
      EXPECT_TRUE(is_nan(run(CallId::softmax, {1, size}, dtype, nothing)[0]));
    }
  }
}

}  // namespace
}  // namespace lazulite::test
