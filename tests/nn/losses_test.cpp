#include <gtest/gtest.h>

#include <limits>

#include "lazulite/core/errors.h"
#include "lazulite/nn/nn.h"
#include "lazulite/ops/ops.h"
#include "support/expect.h"

namespace lazulite {
namespace {

using test::expect_close;
using test::expect_equal;

constexpr float infinity = std::numeric_limits<float>::infinity();

double loss_of(const Array& logits, int target) {
  return nn::cross_entropy(expand_dims(logits, 0), Array({target})).item<double>();
}

Array gradient_of(const Array& logits, const Array& targets) {
  auto loss = [&](const Array& x) { return nn::cross_entropy(x, targets, nn::Reduction::sum); };
  return grad(std::function<Array(const Array&)>(loss))(logits);
}

TEST(CrossEntropy, LosesNothingOfLargeLogits) {
  EXPECT_NEAR(loss_of(Array({1e8f, 1e8f}), 0), 0.693147181, 1e-6);
  EXPECT_NEAR(loss_of(Array({5000.0f, 4999.0f}), 0), 0.313261688, 1e-6);
  EXPECT_NEAR(loss_of(Array({-5000.0f, -4999.0f}), 1), 0.313261688, 1e-6);
  EXPECT_NEAR(loss_of(Array({3e38f, 3e38f}), 1), 0.693147181, 1e-6);
  EXPECT_EQ(loss_of(Array({1e38f, -1e38f}), 1), double(2e38f));
  Array half = astype(Array({1000.0f, 1001.0f}), Dtype::float16);
  EXPECT_NEAR(loss_of(half, 1), 0.313261688, 2e-4);
  EXPECT_NEAR(loss_of(half, 0), 1.313261688, 1e-3);
  Array brain = astype(Array({1000.0f, 1004.0f}), Dtype::bfloat16);
  EXPECT_NEAR(loss_of(brain, 1), 0.018149927, 1e-4);
}

TEST(CrossEntropy, TakesProbabilitiesOfLargeLogits) {
  Array logits({{5000.0f, 4999.0f}, {1e8f, 1e8f}});
  Array shares({{0.25f, 0.75f}, {0.5f, 0.5f}});
  Array expected({1.063261688f, 0.693147181f});
  expect_close(nn::cross_entropy(logits, shares, nn::Reduction::none), expected, 1e-6);
}

// softmax less the target's share.
TEST(CrossEntropy, HasTheGradientOfSoftmax) {
  Array logits({{5000.0f, 4999.0f}, {1e8f, 1e8f}, {0.0f, -infinity}});
  Array expected({{-0.268941421f, 0.268941421f}, {-0.5f, 0.5f}, {0.0f, 0.0f}});
  expect_close(gradient_of(logits, Array({0, 0, 0})), expected, 1e-6);
  Array certain({{1.0f, 0.0f}, {1.0f, 0.0f}, {1.0f, 0.0f}});
  expect_close(gradient_of(logits, certain), expected, 1e-6);
  Array half = astype(Array({{1000.0f, 1001.0f}}), Dtype::float16);
  expect_equal(gradient_of(half, Array({1})),
               astype(Array({{0.268941421f, -0.268941421f}}), Dtype::float16));
}

TEST(CrossEntropy, ClassesOfNoProbabilityCountForNothing) {
  Array logits({{0.0f, -infinity, 0.0f}});
  EXPECT_NEAR(nn::cross_entropy(logits, Array({2})).item<double>(), 0.693147181, 1e-6);
  Array shares({{0.5f, 0.0f, 0.5f}});
  EXPECT_NEAR(nn::cross_entropy(logits, shares).item<double>(), 0.693147181, 1e-6);
  EXPECT_EQ(nn::cross_entropy(logits, Array({1})).item<float>(), infinity);
  Array some({{0.5f, 0.5f, 0.0f}});
  EXPECT_EQ(nn::cross_entropy(logits, some).item<float>(), infinity);
}

TEST(CrossEntropy, RefusesTargetsOfOtherShapes) {
  Array logits = zeros({4, 3});
  EXPECT_THROW(nn::cross_entropy(logits, zeros({1, 3})), Error);
  EXPECT_THROW(nn::cross_entropy(logits, zeros({4, 1})), Error);
  EXPECT_THROW(nn::cross_entropy(logits, zeros({4})), Error);
  EXPECT_THROW(nn::cross_entropy(logits, zeros({3}, Dtype::int32)), Error);
  EXPECT_THROW(nn::cross_entropy(logits, zeros({4}, Dtype::bool_)), Error);
  EXPECT_THROW(nn::cross_entropy(zeros({}), zeros({}, Dtype::int32)), Error);
  EXPECT_THROW(nn::cross_entropy(zeros({4, 0}), zeros({4}, Dtype::int32)), Error);
  EXPECT_THROW(nn::cross_entropy(zeros({4, 3}, Dtype::complex64), zeros({4}, Dtype::int32)), Error);
  // One class certain, as integers of the logits' shape, is a distribution like any other.
  Array certain({{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {1, 0, 0}});
  EXPECT_NEAR(nn::cross_entropy(logits, certain).item<double>(), 1.098612289, 1e-6);
}

// The mean of 4096 losses of 10: their sum is beyond float16.
TEST(Losses, HalfPrecisionIsAddedUpInFloat32) {
  Array scores = full({4096, 2}, -10.0f, Dtype::float16);
  Array mean = nn::nll_loss(scores, zeros({4096}, Dtype::int32));
  expect_equal(mean, Array(10.0f, Dtype::float16));
  Array far = astype(Array({400.0f, -1.0f}), Dtype::float16);
  Array near = astype(Array({-400.0f, 0.0f}), Dtype::float16);
  EXPECT_EQ(nn::mse_loss(far, near).item<float>(), infinity);  // 320000.5
  Array many = concatenate({full({1}, 400, Dtype::float16), zeros({99}, Dtype::float16)}, 0);
  expect_equal(nn::mse_loss(many, zeros_like(many)), Array(1600.0f, Dtype::float16));
}

// 2 (p - t) / n, although (p - t)² is beyond float16.
TEST(MseLoss, HasItsGradientInHalfPrecision) {
  Array x = astype(Array({400.0f, -400.0f}), Dtype::float16);
  auto loss = [&](const Array& p) { return nn::mse_loss(p, zeros_like(p)); };
  Array gradient = grad(std::function<Array(const Array&)>(loss))(x);
  expect_equal(gradient, astype(Array({400.0f, -400.0f}), Dtype::float16));
}

TEST(MseLoss, IntegersDoNotWrap) {
  Array one = Array({1, 0}, Dtype::uint8), two = Array({2, 255}, Dtype::uint8);
  EXPECT_EQ(nn::mse_loss(one, two).item<float>(), 32513.0f);
  EXPECT_THROW(nn::mse_loss(zeros({2}), zeros({1})), Error);
}

}  // namespace
}  // namespace lazulite
