#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "lazulite/core/errors.h"
#include "lazulite/nn/nn.h"
#include "lazulite/ops/ops.h"
#include "support/expect.h"
#include "support/random_arrays.h"

namespace lazulite {
namespace {

using test::expect_close;
using test::expect_equal;

TEST(BatchNorm, AnEmptyBatchChangesNothing) {
  nn::BatchNorm norm(2);
  norm.running_mean = Array({3.0f, 4.0f});
  for (const Shape& shape : {Shape{0, 2}, Shape{0, 4, 4, 2}, Shape{3, 0, 4, 2}}) {
    EXPECT_EQ(norm(zeros(shape)).shape(), shape);
    expect_equal(norm.running_mean.get(), Array({3.0f, 4.0f}));
    expect_equal(norm.running_var.get(), Array({1.0f, 1.0f}));
  }
}

// A share of 0 in the average, of the new statistics or of the old ones, is no share at all.
TEST(BatchNorm, LeavesOutOfItsAverageWhatHasNoShare) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  nn::BatchNormOptions frozen, replaced;
  frozen.momentum = 0;
  replaced.momentum = 1;
  nn::BatchNorm keeps(1, frozen), follows(1, replaced);
  (void)keeps(Array({nan, 1.0f}).reshape({2, 1}));
  expect_equal(keeps.running_mean.get(), zeros({1}));
  follows.running_mean = Array({nan});
  (void)follows(Array({3.0f, 5.0f}).reshape({2, 1}));
  expect_equal(follows.running_mean.get(), Array({4.0f}));
}

// A mean that is off by one rounding deviates by 0.06 from a million: sqrt(variance) is as much.
TEST(BatchNorm, EqualValuesDoNotDeviate) {
  for (float value : {1e6f, 0.1f, -3e7f, 1e-30f, 1e30f}) {
    for (int64_t count : {2, 3, 1000, 4097}) {
      nn::BatchNorm norm(3);
      expect_equal(norm(full({count, 3}, value)), zeros({count, 3}));
      expect_close(norm.running_var.get(), full({3}, 0.9f), 1e-6);
      expect_close(norm.running_mean.get(), full({3}, value * 0.1f), 1e-5);
    }
  }
}

// (x - mean) / sqrt(variance + 1e-5) of 1e6 + {-1, 0, 1}, whose variance is 2/3.
TEST(BatchNorm, KeepsTheDigitsOfSmallDeviationsFromLargeValues) {
  nn::BatchNorm norm(1);
  Array x = Array({999999.0f, 1000000.0f, 1000001.0f}).reshape({3, 1});
  expect_close(norm(x), Array({-1.2247357f, 0.0f, 1.2247357f}).reshape({3, 1}), 1e-6);
  expect_close(norm.running_var.get(), Array({1.0f}), 1e-6);
}

// Central differences in float64, of a weighted sum of the results.
TEST(BatchNorm, HasTheGradientOfFiniteDifferences) {
  test::Random random(5);
  Array x = test::uniform_array({6, 2}, Dtype::float64, random, -2, 2);
  Array share = test::uniform_array({6, 2}, Dtype::float64, random, -1, 1);
  for (double offset : {0.0, 1e6}) {
    nn::BatchNorm norm(2);
    auto loss = [&](const Array& input) { return sum(norm(input) * share); };
    Array gradient = grad(std::function<Array(const Array&)>(loss))(x + offset);
    const double step = 1e-5;
    std::vector<double> expected;
    for (int64_t i = 0; i < x.size(); ++i) {
      Array bump = astype(equal(arange(x.size()), i), Dtype::float64).reshape(x.shape()) * step;
      double difference = loss(x + bump).item<double>() - loss(x - bump).item<double>();
      expected.push_back(difference / (2 * step));
    }
    expect_close(gradient, Array(expected, x.shape()), 1e-4, 1e-6);
  }
}

TEST(BatchNorm, EqualValuesHaveNoGradient) {
  nn::BatchNorm norm(2);
  auto loss = [&](const Array& x) { return sum(norm(x) * Array({{1.0f}, {2.0f}, {6.0f}})); };
  Array gradient = grad(std::function<Array(const Array&)>(loss))(full({3, 2}, 1e6f));
  // The weights less their mean, over sqrt(1e-5).
  Array column = Array({-632.45553f, -316.22777f, 948.68330f}).reshape({3, 1});
  expect_close(gradient, concatenate({column, column}, 1), 1e-5);
}

TEST(BatchNorm, HalfPrecisionIsComputedInFloat32) {
  for (Dtype dtype : {Dtype::float16, Dtype::bfloat16}) {
    for (float size : {400.0f, 60000.0f, 1e-2f}) {
      Array x = astype(Array({size, -size}).reshape({2, 1}), dtype);
      double kept = astype(Array(size), dtype).item<double>();
      float expected = float(kept / std::sqrt(kept * kept + 1e-5));
      nn::BatchNorm norm(1);
      expect_close(norm(x), Array({expected, -expected}).reshape({2, 1}), 1e-5);
      // Twice the square, as the unbiased estimate of two values.
      expect_close(norm.running_var.get(), Array({float(0.9 + 0.2 * kept * kept)}), 1e-5);
      nn::BatchNorm plain(1, {.affine = false});
      Array rounded = astype(Array({expected, -expected}).reshape({2, 1}), dtype);
      expect_equal(plain(x), rounded);
    }
  }
}

TEST(BatchNorm, NeedsMoreThanOneValueAChannelToTrain) {
  nn::BatchNorm norm(2);
  EXPECT_THROW(norm(ones({1, 2})), ValueError);
  EXPECT_THROW(norm(ones({1, 1, 1, 2})), ValueError);
  EXPECT_THROW(norm(ones({2})), ValueError);
  expect_equal(norm.running_mean.get(), zeros({2}));
  norm.eval();
  expect_close(norm(ones({1, 2})), full({1, 2}, 0.999995f), 1e-6);
  nn::BatchNorm untracked(2, {.affine = false, .track_running_stats = false});
  untracked.eval();
  expect_equal(untracked(ones({1, 2})), zeros({1, 2}));
}

TEST(BatchNorm, RefusesOtherNumbersOfChannels) {
  for (bool affine : {true, false}) {
    nn::BatchNorm norm(3, {.affine = affine});
    for (bool training : {true, false}) {
      norm.train(training);
      EXPECT_THROW(norm(ones({4, 1})), Error);
      EXPECT_THROW(norm(ones({4, 2})), Error);
      EXPECT_THROW(norm(ones({4, 4, 6})), Error);
      EXPECT_THROW(norm(ones({})), Error);
      EXPECT_THROW(norm(ones({4, 3}, Dtype::complex64)), Error);
    }
    EXPECT_EQ(norm.running_mean.get().shape(), Shape({3}));
    EXPECT_EQ(norm.running_var.get().shape(), Shape({3}));
  }
}

TEST(BatchNorm, KeepsTheDtypeOfItsAverages) {
  nn::BatchNorm norm(2);
  Array x = arange(0, 8, 1, Dtype::float64).reshape({4, 2});
  EXPECT_EQ(norm(x).dtype(), Dtype::float64);
  EXPECT_EQ(norm.running_mean.get().dtype(), Dtype::float32);
  EXPECT_EQ(norm.running_var.get().dtype(), Dtype::float32);
  expect_close(norm.running_mean.get(), Array({0.3f, 0.4f}), 1e-6);
  EXPECT_EQ(norm(arange(0, 8, 1, Dtype::int32).reshape({4, 2})).dtype(), Dtype::float32);
}

TEST(BatchNorm, IsCalledThroughConst) {
  const nn::BatchNorm norm(2);
  EXPECT_EQ(norm(ones({3, 2})).shape(), Shape({3, 2}));
  expect_close(norm.running_mean.get(), full({2}, 0.1f), 1e-6);
}

}  // namespace
}  // namespace lazulite
