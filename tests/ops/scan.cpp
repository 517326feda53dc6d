#include "lazulite/ops/scan.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <tuple>

#include "lazulite/core/errors.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/elementwise.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "support/backends.h"
#include "support/expect.h"
#include "support/random_arrays.h"

namespace lazulite {
namespace {

using test::expect_close;
using test::expect_equal;

class Scan : public test::OnEveryBackend {};
LAZULITE_ON_EVERY_BACKEND(Scan);

TEST_P(Scan, CumsumSumsUpToEachElement) {
  Array x({{1, 2, 3}, {4, 5, 6}});
  expect_equal(cumsum(x, 1), Array({{1, 3, 6}, {4, 9, 15}}));
  expect_equal(cumsum(x, 0), Array({{1, 2, 3}, {5, 7, 9}}));
  expect_equal(cumsum(x, -1, true), Array({{6, 5, 3}, {15, 11, 6}}));
  expect_equal(cumsum(x, 1, false, false), Array({{0, 1, 3}, {0, 4, 9}}));
  expect_equal(cumsum(x, 0, true, false), Array({{4, 5, 6}, {0, 0, 0}}));
  expect_equal(cumsum(x), Array({1, 3, 6, 10, 15, 21}));
  expect_equal(cumsum(transpose(x), 1), Array({{1, 5}, {2, 7}, {3, 9}}));
  expect_equal(cumsum(Array(Scalar(5))), Array({5}));
}

TEST_P(Scan, CumsumKeepsTheDtypeAndWraps) {
  for (Dtype dtype : {Dtype::int8, Dtype::uint8, Dtype::int64, Dtype::uint64, Dtype::float16,
                      Dtype::bfloat16, Dtype::float64, Dtype::complex64}) {
    expect_equal(cumsum(ones({3}, dtype)), astype(Array({1, 2, 3}), dtype));
  }
  expect_equal(cumsum(Array({true, false, true})), Array({1, 1, 2}));
  expect_equal(cumsum(Array({100, 100, 100}, Dtype::int8)), Array({100, -56, 44}, Dtype::int8));
  Array large = cumsum(Array({int64_t{1} << 62, int64_t{1} << 62, int64_t{3}}));
  EXPECT_EQ(large.to_vector<int64_t>(),
            (std::vector<int64_t>{int64_t{1} << 62, std::numeric_limits<int64_t>::min(),
                                  std::numeric_limits<int64_t>::min() + 3}));
}

TEST_P(Scan, CumsumOfNothingAndOfOneAxis) {
  EXPECT_EQ(cumsum(zeros({0})).shape(), Shape({0}));
  EXPECT_EQ(cumsum(zeros({2, 0}), 1).shape(), Shape({2, 0}));
  EXPECT_EQ(cumsum(zeros({2, 0}), 0).shape(), Shape({2, 0}));
  expect_equal(cumsum(zeros({0, 2})), zeros({0}));
  EXPECT_THROW(cumsum(zeros({2}), 1), Error);
  EXPECT_THROW(cumsum(Array(Scalar(1)), 0), Error);
}

// Summed in float32 alone, a million tenths are off by 1%.
TEST_P(Scan, CumsumOfManyElementsKeepsItsDigits) {
  const int64_t n = 300000;
  Array sums = cumsum(full({n}, 0.1f));
  Array expected = astype(arange(1, n + 1), Dtype::float64) * static_cast<double>(0.1f);
  expect_close(astype(sums, Dtype::float64), expected, 6e-8);
}

TEST_P(Scan, CumsumCarriesInfinityAndNaN) {
  const float inf = std::numeric_limits<float>::infinity();
  std::vector<float> sums = cumsum(Array({1.f, inf, 1.f, -inf, 1.f})).to_vector<float>();
  EXPECT_EQ(sums[0], 1);
  EXPECT_EQ(sums[1], inf);
  EXPECT_EQ(sums[2], inf);
  EXPECT_TRUE(std::isnan(sums[3]) && std::isnan(sums[4]));
}

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

TEST_P(Scan, OtherFoldsGoUpToEachElement) {
  Array x({{3.f, 1.f, 4.f}, {1.f, 5.f, 0.5f}});
  expect_equal(cumprod(x, 1), Array({{3.f, 3.f, 12.f}, {1.f, 5.f, 2.5f}}));
  expect_equal(cumprod(x, 1, true, false), Array({{4.f, 4.f, 1.f}, {2.5f, 0.5f, 1.f}}));
  expect_equal(cummax(x, 1), Array({{3.f, 3.f, 4.f}, {1.f, 5.f, 5.f}}));
  expect_equal(cummin(x, 0), Array({{3.f, 1.f, 4.f}, {1.f, 1.f, 0.5f}}));
  expect_equal(cummax(x, 0, false, false),
               Array({{-infinity, -infinity, -infinity}, {3.f, 1.f, 4.f}}));
  expect_equal(cummin(x), Array({3.f, 1.f, 1.f, 1.f, 1.f, 0.5f}));
  expect_close(logcumsumexp(Array({0.f, 0.f, 0.f})), Array({0.f, std::log(2.f), std::log(3.f)}),
               1e-6);
  expect_close(logcumsumexp(Array({1000.f, 1000.f})), Array({1000.f, 1000.f + std::log(2.f)}),
               1e-6);
}

TEST_P(Scan, OtherFoldsKeepTheDtype) {
  expect_equal(cumprod(Array({100, 100, 100}, Dtype::int8)), Array({100, 16, 64}, Dtype::int8));
  expect_equal(cumprod(Array({true, false, true})), Array({true, false, false}));
  expect_equal(cummax(Array({false, true, false})), Array({false, true, true}));
  expect_equal(cummax(Array({3, 1}, Dtype::uint8), 0, false, false), Array({0, 3}, Dtype::uint8));
  expect_equal(cummin(Array({3, 1}, Dtype::int16), 0, false, false),
               Array({32767, 3}, Dtype::int16));
  EXPECT_EQ(logcumsumexp(Array({1, 2})).dtype(), Dtype::float32);
  EXPECT_EQ(logcumsumexp(ones({2}, Dtype::float16)).dtype(), Dtype::float16);
}

TEST_P(Scan, ExtremesKeepNaNAndOrderComplexNumbers) {
  std::vector<float> largest = cummax(Array({1.f, nan, 3.f})).to_vector<float>();
  EXPECT_EQ(largest[0], 1);
  EXPECT_TRUE(std::isnan(largest[1]) && std::isnan(largest[2]));
  using C = complex64;
  expect_equal(cummax(Array(std::vector<C>{C(1, 1), C(2, 0)}), 0, false, false),
               Array(std::vector<C>{C(-infinity, -infinity), C(1, 1)}));
  expect_equal(cummin(Array(std::vector<C>{C(1, 1), C(2, 0)}), 0, true, false),
               Array(std::vector<C>{C(2, 0), C(infinity, infinity)}));
  expect_equal(cummax(Array(std::vector<C>{C(1, 1), C(2, 0), C(2, -1), C(2, 3)})),
               Array(std::vector<C>{C(1, 1), C(2, 0), C(2, 0), C(2, 3)}));
  expect_equal(logcumsumexp(Array({-infinity, -infinity, 1.f})),
               Array({-infinity, -infinity, 1.f}));
}

TEST_P(Scan, LinearRecurrencesGoOnFromWhatWasBefore) {
  Array a({{2.f, 3.f, 4.f}, {infinity, 1.f, 0.5f}}), b({{1.f, 1.f, 2.f}, {3.f, -1.f, 4.f}});
  expect_equal(linear_recurrence(a, b, 1), Array({{1.f, 4.f, 18.f}, {3.f, 2.f, 5.f}}));
  expect_equal(linear_recurrence(a, b, -1, true), Array({{15.f, 7.f, 2.f}, {infinity, 3.f, 4.f}}));
  expect_equal(linear_recurrence(a, b, 0, true), Array({{7.f, -2.f, 18.f}, {3.f, -1.f, 4.f}}));
  expect_equal(linear_recurrence(Array({2, 3}), Array(Scalar(1)), 0), Array({1.f, 4.f}));
  EXPECT_EQ(linear_recurrence(zeros({2, 0}), zeros({2, 0}), 1).shape(), Shape({2, 0}));
  EXPECT_EQ(linear_recurrence(ones({2}, Dtype::float16), ones({2}, Dtype::float16), 0).dtype(),
            Dtype::float16);
  EXPECT_THROW(linear_recurrence(a, ones({2}), 0), Error);
  EXPECT_THROW(linear_recurrence(a, b, 2), Error);
  EXPECT_THROW(linear_recurrence(Array(Scalar(1.f)), Array(Scalar(1.f)), 0), Error);
}

// Short lines and long ones, few and many, along any axis of arrays that lie anywhere.
TEST_P(Scan, LinearRecurrencesOfAnySizes) {
  test::Random random(11);
  for (auto [before, size, after] : {std::tuple{3, 5, 1},
                                     {2, 3000, 1},
                                     {3000, 40, 1},
                                     {70, 33, 1},
                                     {2, 100, 300},
                                     {1, 9, 1000},
                                     {1, 1, 7},
                                     {5, 1025, 2}}) {
    for (bool reverse : {false, true}) {
      for (test::Layout layout : test::layouts) {
        const Array a = test::uniform_array({before, size, after}, Dtype::float64, random, -1, 1);
        const Array b = test::uniform_array({before, size, after}, Dtype::float64, random, -1, 1);
        const auto factors = a.to_vector<double>();
        std::vector<double> h = b.to_vector<double>();
        for (int64_t line = 0; line < before * after; ++line) {
          const int64_t first = line / after * size * after + line % after;
          for (int64_t k = 1; k < size; ++k) {
            const int64_t at = first + (reverse ? size - 1 - k : k) * after;
            h[at] += factors[at] * h[reverse ? at + after : at - after];
          }
        }
        const Array got =
            linear_recurrence(test::laid_out(a, layout), test::laid_out(b, layout), 1, reverse);
        expect_close(got, Array(h, {before, size, after}), 1e-13, 1e-13);
        const Array half = linear_recurrence(test::laid_out(astype(a, Dtype::float16), layout),
                                             astype(b, Dtype::float16), 1, reverse);
        expect_close(astype(half, Dtype::float64), Array(h, {before, size, after}), 2e-2, 2e-2);
        const Array both =
            linear_recurrence(astype(a, Dtype::complex64), astype(b, Dtype::complex64), 1, reverse);
        expect_close(real(both),
                     Array(std::vector<float>(h.begin(), h.end()), {before, size, after}), 1e-5,
                     1e-5);
      }
    }
  }
}

}  // namespace
}  // namespace lazulite
