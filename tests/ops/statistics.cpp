// Means and deviations at the ends of what their dtypes hold.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "lazulite/nn/nn.h"
#include "lazulite/ops/ops.h"
#include "lazulite/transforms/compile.h"
#include "support/backends.h"
#include "support/expect.h"
#include "support/finite_differences.h"

namespace lazulite {
namespace {

using test::expect_close;
using test::expect_equal;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();

class Statistics : public test::OnEveryBackend {};
LAZULITE_ON_EVERY_BACKEND(Statistics);

TEST_P(Statistics, OfHalfPrecisionHoldInHalfPrecision) {
  for (Dtype half : {Dtype::float16, Dtype::bfloat16}) {
    Array x = Array({400, -400, 400, -400}, half);
    expect_equal(stddev(x), Array(400, half));
    expect_equal(x.std(0, true), Array({400}, half));
    expect_equal(stddev(x * Array(0x1p-20, half)), Array(400 * 0x1p-20, half));
    EXPECT_EQ(var(x).dtype(), half);
    expect_equal(mean(full({1000}, 60000, half)), Array(60000, half));
  }
  expect_equal(var(Array({400, -400}, Dtype::float16)), Array(inf, Dtype::float16));
}

TEST_P(Statistics, OfEqualNumbersAreExact) {
  expect_equal(var(full({1000}, 1e6)), Array(0.0));
  expect_equal(stddev(full({1000}, 1e6)), Array(0.0));
  // Numbers whose sums are rounded.
  for (double value : {0.1, 1234567.8, -3e-5, 1e15}) {
    expect_equal(var(full({1000}, value)), Array(0.0));
    expect_equal(var(full({3, 7, 11}, value), {0, 2}), zeros({7}));
  }
  for (int64_t count : {3, 10, 49, 255, 1000, 1023}) {
    expect_equal(mean(full({count}, 255.0)), Array(255.0));
    expect_equal(mean(full({count}, 255, Dtype::uint8)), Array(255.0));
    expect_equal(mean(full({count}, 255, Dtype::int64)), Array(255.0));
    expect_equal(mean(full({count}, 255, Dtype::float64)), Array(255, Dtype::float64));
    expect_equal(mean(full({count}, 255, Dtype::bfloat16)), Array(255, Dtype::bfloat16));
    expect_equal(mean(full({count}, complex64(255, -7))), Array(complex64(255, -7)));
  }
  expect_equal(nn::mse_loss(full({1000}, 255.0), zeros({1000})), Array(65025.0));
  expect_equal(avg_pool2d(full({1, 7, 7, 3}, 255.0), 7), full({1, 1, 1, 3}, 255.0));
  expect_equal(avg_pool2d(full({1, 7, 7, 3}, 255, Dtype::float16), 7),
               full({1, 1, 1, 3}, 255, Dtype::float16));
}

// What NumPy gives, which computes them in float64.
TEST_P(Statistics, OfIntegersUpToTheirEnds) {
  constexpr int64_t lowest = std::numeric_limits<int64_t>::min();
  constexpr int64_t highest = std::numeric_limits<int64_t>::max();
  auto expect = [](const Array& x, float average, float variance) {
    expect_close(mean(x), Array(average), 1e-7, 0.0);
    expect_close(var(x), Array(variance), 1e-6, 0.0);
    expect_close(stddev(x), Array(std::sqrt(variance)), 1e-6, 0.0);
    expect_close(var(expand_dims(x, 1), {0}), Array({variance}), 1e-6, 0.0);
  };
  const Array ends = repeat(Array({lowest, highest, lowest, highest}), 1000);
  expect(ends, 0, 0x1p126f);
  expect(repeat(Array({std::numeric_limits<uint64_t>::max(), uint64_t{0}}), 1000), 0x1p63f,
         0x1p126f);
  expect(full({9}, highest), 0x1p63f, 0);
  const int64_t time = 1'700'000'000'000'000'000, second = 1'000'000'000;
  expect(Array({time, time + second, time + 2 * second}), 1.700000001e18f, 6.6666669e17f);
  expect(Array({2000000000, 2000000001, 2000000002}), 2000000001.f, 0.6666667f);
  expect(Array({2147483647, -2147483645}), 1, 4.6116860e18f);
  expect(Array({4294967295u, 4294967293u}, Dtype::uint32), 4294967294.f, 1);
  expect(Array({-128, 127}, Dtype::int8), -0.5f, 16256.25f);
  expect(Array({true, false, true, true}), 0.75f, 0.1875f);
}

TEST_P(Statistics, DoNotLoseASmallSpreadOfLargeNumbers) {
  // Alternately 1e6 - 1 and 1e6 + 1.
  Array x = 1e6 + (arange(1000, Dtype::float32) % 2) * 2 - 1;
  expect_equal(var(x), Array(1.0));
  expect_equal(stddev(x), Array(1.0));
  expect_close(var(x, 0, false, 1), Array(1000.0 / 999), 1e-6);
  Array wide = astype(x, Dtype::float64) + 1e12;
  expect_close(var(wide), Array(1, Dtype::float64), 1e-12);
}

TEST_P(Statistics, OfOtherDtypes) {
  expect_equal(var(Array({1, 2, 3, 4})), Array(1.25));
  expect_equal(stddev(Array({true, false})), Array(0.5));
  expect_close(stddev(Array({complex64(1, 2), complex64(3, -1)})), Array(std::sqrt(3.25)), 1e-6);
  expect_equal(var(full({7}, complex64(1e6f, -3e5f))), Array(0.0));
  EXPECT_EQ(var(ones({2}, Dtype::float64)).dtype(), Dtype::float64);
}

TEST_P(Statistics, KnowWhatNothingAndTooLittleGive) {
  expect_equal(var(Array({1.0, 2.0}), 0, false, 2), Array(inf));
  expect_equal(var(Array({1.0, 2.0}), 0, false, 3), Array(inf));
  expect_equal(var(Array({2.0, 2.0}), 0, false, 2), Array(nan));
  expect_equal(stddev(Array({1.0}), 0, false, 1), Array(nan));
  expect_equal(mean(zeros({0})), Array(nan));
  expect_equal(var(zeros({0, 2}), 0), Array({nan, nan}));
  expect_equal(var(zeros({2, 0}), 0), zeros({0}));
  expect_equal(mean(Array(3)), Array(3.0));
  expect_equal(var(Array(3.0)), Array(0.0));
  expect_equal(var(Array(3.0), {}, false, 1), Array(nan));
  expect_equal(stddev(Array(3, Dtype::float16)), Array(0, Dtype::float16));
  expect_equal(var(Array({3e30, -3e30, 1e30})), Array(inf));
  expect_equal(stddev(Array({60000, -60000, 12345}, Dtype::float16)),
               Array(49334.176, Dtype::float16));
  expect_equal(var(Array({1.0, nan})), Array(nan));
  expect_equal(var(Array({1.0, inf})), Array(nan));
}

TEST_P(Statistics, FuseWithoutChangingBits) {
  Array x = (arange(2100, Dtype::float32) * 0.37 - 200).reshape({100, 21}).eval();
  auto statistics = [](const Arrays& a) {
    return Arrays{mean(a[0], 0), var(a[0], 0), stddev(a[0], 1, true) + mean(a[0], 1, true)};
  };
  Arrays apart = statistics({x});
  for (Array& array : apart) array.eval();
  Arrays fused = compile(statistics)({x});
  for (size_t i = 0; i < fused.size(); ++i) expect_equal(fused[i], apart[i]);
}

TEST_P(Statistics, HaveGradients) {
  Arrays x{test::spread_values({4, 3})};
  test::expect_gradients([](const Arrays& a) { return mean(a[0], 0); }, x);
  test::expect_gradients([](const Arrays& a) { return var(a[0], 1, true, 1); }, x);
  test::expect_gradients([](const Arrays& a) { return stddev(a[0], 0); }, x);
  test::expect_gradients([](const Arrays& a) { return var(a[0] + 1000); }, x, 1);
  // Of equal numbers nothing flows through their variance.
  Array flat = grad([](const Array& a) { return var(a); })(full({5}, 3.0));
  expect_equal(flat, zeros({5}));
}

}  // namespace
}  // namespace lazulite
