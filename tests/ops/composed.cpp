#include <gtest/gtest.h>

#include <limits>

#include "lazulite/ops/ops.h"
#include "support/backends.h"
#include "support/expect.h"

namespace lazulite {
namespace {

using test::expect_equal;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();

class Composed : public test::OnEveryBackend {};
LAZULITE_ON_EVERY_BACKEND(Composed);

TEST_P(Composed, ClipsToBounds) {
  expect_equal(clip(Array({1, 5, 9}), 2, 6.5), Array({2.0, 5.0, 6.5}));
  expect_equal(clip(Array({1, 5, 9}), std::nullopt, 6), Array({1, 5, 6}));
  expect_equal(clip(Array({1.0, nan}), 3, 2), Array({2.0, nan}));
  expect_equal(clip(Array({1, 5}), Array({2, 2}), Array({3, 3})), Array({2, 3}));
}

TEST_P(Composed, ReplacesWhatIsNoNumber) {
  double largest = std::numeric_limits<float>::max();
  expect_equal(nan_to_num(Array({nan, inf, -inf, 2.0})), Array({0.0, largest, -largest, 2.0}));
  expect_equal(nan_to_num(Array({nan, inf, -inf}), 1, 2, 3), Array({1.0, 2.0, 3.0}));
  expect_equal(nan_to_num(Array({inf}, Dtype::float16)), Array({65504}, Dtype::float16));
  expect_equal(nan_to_num(Array({3})), Array({3}));
}

TEST_P(Composed, DividesWithRemainder) {
  auto [quotient, rest] = divmod(Array({7, -7}), Array({3, 3}));
  expect_equal(quotient, Array({2, -3}));
  expect_equal(rest, Array({1, 2}));
  auto [floored, remaining] = divmod(Array({7.5, -7.0}), Array({2, 3}));
  expect_equal(floored, Array({3.0, -3.0}));
  expect_equal(remaining, Array({1.5, 2.0}));
}

TEST_P(Composed, ComparesWithTolerance) {
  Array x({1.0, inf, nan, -inf, 2.0}), y({1.000001, inf, nan, inf, 2.1});
  expect_equal(isclose(x, y), Array({true, true, false, false, false}));
  expect_equal(isclose(x, y, 0.1, 0, true), Array({true, true, true, false, true}));
  // Distances of integers do not wrap around.
  expect_equal(isclose(Array({1, 2, 0}, Dtype::uint8), Array({2, 1, 255}, Dtype::uint8), 0, 1),
               Array({true, true, false}));
  constexpr int lowest = std::numeric_limits<int>::min(), highest = -(lowest + 1);
  expect_equal(isclose(Array({highest, lowest}), Array({lowest, lowest}), 0.5),
               Array({false, true}));
  EXPECT_FALSE(bool(allclose(x, y)));
  EXPECT_TRUE(bool(allclose(Array({1, 2}), Array({1.0, 2.0}))));
}

TEST_P(Composed, ComparesWholeArrays) {
  EXPECT_TRUE(bool(array_equal(Array({1, 2}), Array({1.0, 2.0}))));
  EXPECT_FALSE(bool(array_equal(Array({1, 2}), Array({1, 3}))));
  EXPECT_FALSE(bool(array_equal(Array({1, 1}), Array({1}))));
  EXPECT_FALSE(bool(array_equal(Array({nan}), Array({nan}))));
  EXPECT_TRUE(bool(array_equal(Array({nan}), Array({nan}), true)));
}

}  // namespace
}  // namespace lazulite
