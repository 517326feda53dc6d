#include "lazulite/ops/pooling.h"

#include <gtest/gtest.h>

#include <limits>

#include "lazulite/core/errors.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/operators.h"
#include "support/backends.h"
#include "support/expect.h"

namespace lazulite {
namespace {

using test::expect_close;
using test::expect_equal;

class Pooling : public test::OnEveryBackend {};
LAZULITE_ON_EVERY_BACKEND(Pooling);

Array images() { return (arange(40, Dtype::float32) * 7 % 11).reshape({2, 4, 5, 1}); }

Array expected(const std::vector<float>& values, const Shape& shape) {
  return Array(values, shape);
}

// The expected numbers are those of MLX 0.32.4.
TEST_P(Pooling, TakesTheLargest) {
  expect_equal(max_pool2d(images(), 2), expected({9, 10, 6, 9, 10, 9, 10, 6}, {2, 2, 2, 1}));
  expect_equal(max_pool2d(images(), {2, 3}, {2, 1}, {1, 1}),
               expected({7, 7, 10, 10, 10, 9,  9,  9, 10, 10, 6,  9,  9,  9, 5,
                         8, 8, 7,  7,  7,  10, 10, 9, 9,  9,  10, 10, 10, 9, 9},
                        {2, 3, 5, 1}));
}

TEST_P(Pooling, TakesTheMean) {
  expect_equal(avg_pool2d(images(), 2), expected({4.5, 4.75, 3, 6, 7, 4.5, 5.5, 3}, {2, 2, 2, 1}));
  expect_close(avg_pool2d(images(), {2, 3}, {2, 1}, {1, 1}),
               expected({7.000000476837158,
                         10,
                         20,
                         19,
                         16,
                         15,
                         27,
                         25.000001907348633,
                         34,
                         22,
                         8,
                         17,
                         16,
                         15,
                         6,
                         12,
                         12,
                         11,
                         10,
                         10,
                         25.000001907348633,
                         31.000001907348633,
                         29,
                         27,
                         21,
                         13,
                         19,
                         18,
                         17,
                         11},
                        {2, 3, 5, 1}) /
                   6,
               3e-7);
}

TEST_P(Pooling, CountsPaddingAsTheLowest) {
  constexpr double inf = std::numeric_limits<double>::infinity();
  Array x = full({1, 2, 2, 1}, -5.0);
  Array pooled = max_pool2d(x, 2, 2, 1);
  expect_equal(pooled, full({1, 2, 2, 1}, -5.0));
  expect_equal(max_pool2d(x, 2, 2, 2)[{0, 0}], Array({{-inf}, {-inf}, {-inf}}));
  expect_equal(avg_pool2d(x, 2, 2, 2)[{0, 1}], Array({{0.0}, {-5.0}, {0.0}}));
}

TEST_P(Pooling, LetsNanWin) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  Array x = Array({1.0, nan, 3.0, 2.0}).reshape({1, 2, 2, 1});
  expect_equal(max_pool2d(x, 2), full({1, 1, 1, 1}, nan));
}

TEST_P(Pooling, WorksOnIntegers) {
  Array x = arange(16).reshape({1, 4, 4, 1});
  expect_equal(max_pool2d(x, 2), Array({5, 7, 13, 15}).reshape({1, 2, 2, 1}));
  expect_equal(avg_pool2d(x, 2), Array({2.5, 4.5, 10.5, 12.5}).reshape({1, 2, 2, 1}));
}

TEST_P(Pooling, RejectsWhatDoesNotFit) {
  Array x = zeros({1, 4, 4, 1});
  EXPECT_THROW(max_pool2d(x[0], 2), Error);
  EXPECT_THROW(max_pool2d(x, 5), Error);
  EXPECT_THROW(max_pool2d(x, 0), Error);
  EXPECT_THROW(avg_pool2d(x, 2, -1), Error);
  EXPECT_THROW(avg_pool2d(x, 2, 2, -1), Error);
  EXPECT_THROW(max_pool2d(x.astype(Dtype::complex64), 2), Error);
}

}  // namespace
}  // namespace lazulite
