#include "lazulite/ops/pooling.h"

#include <gtest/gtest.h>

#include <bit>
#include <complex>
#include <limits>

#include "lazulite/core/errors.h"
#include "lazulite/ops/convolution.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/reduction.h"
#include "lazulite/transforms/vjp.h"
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

// Whatever the bits of the NaNs are: the first one wins, and no number after it.
TEST_P(Pooling, TellsNansOfOtherBitsNotApart) {
  auto nan_of = [](uint32_t bits) { return std::bit_cast<float>(0x7fc00000 + bits); };
  Array x(std::vector<float>{1, nan_of(5), nan_of(9), 2}, {1, 2, 2, 1});
  Array slope = grad([](const Array& in) { return sum(max_pool2d(in, 2)); })(x);
  expect_equal(slope.flatten(), Array({0.0, 1.0, 0.0, 0.0}));
  // A signalling one, which a conversion makes a quiet one.
  Array half(std::vector<float16>{std::bit_cast<float16>(uint16_t{0x7c01}), float16(1.f),
                                  float16(3.f), float16(2.f)},
             {1, 2, 2, 1});
  expect_equal(isnan(max_pool2d(half, 2)), full({1, 1, 1, 1}, true));
}

TEST_P(Pooling, WorksOnIntegers) {
  Array x = arange(16).reshape({1, 4, 4, 1});
  expect_equal(max_pool2d(x, 2), Array({5, 7, 13, 15}).reshape({1, 2, 2, 1}));
  expect_equal(avg_pool2d(x, 2), Array({2.5, 4.5, 10.5, 12.5}).reshape({1, 2, 2, 1}));
}

TEST_P(Pooling, RejectsWhatDoesNotFit) {
  Array x = zeros({1, 4, 4, 1});
  EXPECT_THROW(max_pool2d(x[0], 2), Error);
  EXPECT_THROW(max_pool2d(x, 6, 1), Error);
  EXPECT_THROW(avg_pool2d(x, 7, 2), Error);
  EXPECT_THROW(max_pool2d(x, 0), Error);
  EXPECT_THROW(avg_pool2d(x, 2, -1), Error);
  EXPECT_THROW(avg_pool2d(x, 2, 2, -1), Error);
  EXPECT_THROW(max_pool2d(x.astype(Dtype::complex64), 2), Error);
}

// A window that is one step away from its first place finds none.
TEST_P(Pooling, IsEmptyWhereAWindowFindsNoPlace) {
  Array x = ones({2, 4, 6, 3});
  EXPECT_EQ(max_pool2d(x, 5).shape(), (Shape{2, 0, 1, 3}));
  EXPECT_EQ(avg_pool2d(x.astype(Dtype::int32), {5, 2}, {1, 2}, {0, 0}).shape(),
            (Shape{2, 0, 3, 3}));
  EXPECT_EQ(avg_pool2d(x.astype(Dtype::int32), 8, 4).dtype(), Dtype::float32);
  EXPECT_EQ(max_pool2d(x, 7, 1, 1).shape(), (Shape{2, 0, 2, 3}));
}

TEST_P(Pooling, TakesTheLargestTruth) {
  Array x = images() > 8;
  expect_equal(max_pool2d(x, 2), max_pool2d(x.astype(Dtype::float32), 2) > 0);
}

TEST_P(Pooling, TakesTheMeanOfComplexNumbers) {
  Array x = images() + images() * images() * std::complex<float>(0, 1);
  Array mean = avg_pool2d(x, {2, 3}, {2, 1}, {1, 1});
  expect_equal(real(mean), avg_pool2d(real(x), {2, 3}, {2, 1}, {1, 1}));
  expect_equal(imag(mean), avg_pool2d(imag(x), {2, 3}, {2, 1}, {1, 1}));
}

TEST(Windows, SlideAlongThreeAxesAtMost) {
  const PoolGeometry four{{1, 1, 1, 1}, {1, 1, 1, 1}, {0, 0, 0, 0}};
  EXPECT_THROW(max_pool(ones({1, 2, 2, 2, 2, 1}), four), Error);
  EXPECT_THROW(avg_pool(ones({1, 2, 2, 2, 2, 1}), four), Error);
  const ConvGeometry geometry{{1, 1, 1, 1}, {0, 0, 0, 0}, {1, 1, 1, 1}};
  EXPECT_THROW(convolution(ones({1, 2, 2, 2, 2, 1}), ones({1, 2, 2, 2, 2, 1}), geometry), Error);
}

}  // namespace
}  // namespace lazulite
