#include "lazulite/ops/rounding.h"

#include <gtest/gtest.h>

#include <limits>

#include "support/backends.h"
#include "support/expect.h"

namespace lazulite {
namespace {

using test::expect_close;
using test::expect_equal;

class Rounding : public test::OnEveryBackend {};
LAZULITE_ON_EVERY_BACKEND(Rounding);

// Numbers of MLX 0.32.4.
TEST_P(Rounding, ToDecimals) {
  expect_close(round(Array({123.456f, 125.5f}), 1), Array({123.5f, 125.5f}), 1e-6);
  expect_close(round(Array({0.125f, -2.675f, 1e-3f}), 2), Array({0.12f, -2.68f, 0.f}), 1e-6);
  expect_equal(round(Array({123.456f, 125.5f}), -1), Array({120.f, 130.f}));
  expect_equal(round(Array({125, 135, -15}), -1), Array({120, 140, -20}));
  expect_equal(round(Array({5, 7}), 2), Array({5, 7}));
}

TEST_P(Rounding, IntegersExactly) {
  expect_equal(round(Array({123456789, 2147483644, -2147483645, 25, 35, -25, -26}), -1),
               Array({123456790, 2147483640, -2147483640, 20, 40, -20, -30}));
  constexpr int64_t big = 9007199254740993;  // no double
  expect_equal(
      round(Array({big, -big, int64_t{9223372036854775800}}, Dtype::int64), -1),
      Array({int64_t{9007199254740990}, int64_t{-9007199254740990}, int64_t{9223372036854775800}},
            Dtype::int64));
  expect_equal(round(Array({big, 5 * int64_t{1000000000000000000}}, Dtype::int64), -18),
               Array({int64_t{0}, 5 * int64_t{1000000000000000000}}, Dtype::int64));
  expect_equal(round(Array({uint64_t{18446744073709551614u}, uint64_t{15}}), -1),
               Array({uint64_t{18446744073709551610u}, uint64_t{20}}));
  expect_equal(round(Array({uint64_t{12446744073709551614u}, uint64_t{4}}), -19),
               Array({uint64_t{10000000000000000000u}, uint64_t{0}}));
  expect_equal(round(Array({200, 49, 50, 51, 150}, Dtype::uint8), -2),
               Array({200, 0, 0, 100, 200}, Dtype::uint8));
  expect_equal(round(Array({255, 1}, Dtype::uint8), -3), Array({0, 0}, Dtype::uint8));
  expect_equal(round(Array({127, -128}, Dtype::int8), -2), Array({100, -100}, Dtype::int8));
  for (int places : {-10, -19, -20, -400, std::numeric_limits<int>::min()}) {
    expect_equal(round(Array({2147483647, -5}), places), Array({0, 0}));
    expect_equal(round(Array({int64_t{1} << 31}), places), Array({int64_t{0}}, Dtype::int64));
  }
  expect_equal(round(Array({true, false}), -1), Array({false, false}));
  expect_equal(round(Array({7}), std::numeric_limits<int>::max()), Array({7}));
}

TEST_P(Rounding, FractionsWhoseScaleIsOutOfRange) {
  constexpr double inf = std::numeric_limits<double>::infinity();
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  expect_equal(round(Array({1000.5, 0.125}, Dtype::float16), 2),
               Array({1000.5, 0.12}, Dtype::float16));
  expect_equal(round(Array({60000.0, 2.0}, Dtype::float16), 6),
               Array({60000.0, 2.0}, Dtype::float16));
  expect_equal(round(Array({60000.0, -2.0}, Dtype::float16), -5),
               Array({100000.0, -0.0}, Dtype::float16));
  Array x({3e38, -1.5, inf, -inf, nan});
  for (int decimals : {39, 400, std::numeric_limits<int>::max()}) {
    expect_equal(round(x, decimals), x);
  }
  for (int decimals : {-40, -400, std::numeric_limits<int>::min()}) {
    expect_equal(round(x, decimals), Array({0.0, -0.0, inf, -inf, nan}));
  }
  expect_equal(round(Array({1e300, 2.5}, Dtype::float64), 100),
               Array({1e300, 2.5}, Dtype::float64));
}

}  // namespace
}  // namespace lazulite
