#include <gtest/gtest.h>

#include <limits>

#include "lazulite/core/errors.h"
#include "lazulite/nn/nn.h"
#include "lazulite/ops/ops.h"

namespace lazulite {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(LayerOptions, SizesArePositive) {
  for (int64_t size : {0, -1}) {
    EXPECT_THROW(nn::Linear(size, 3), ValueError);
    EXPECT_THROW(nn::Linear(3, size), ValueError);
    EXPECT_THROW(nn::BatchNorm{size}, ValueError);
    EXPECT_THROW(nn::Conv2d(size, 1, 3), ValueError);
    EXPECT_THROW(nn::Conv2d(1, size, 3), ValueError);
    EXPECT_THROW(nn::Conv2d(1, 1, int(size)), ValueError);
    EXPECT_THROW(nn::Conv2d(1, 1, nn::Size2(3, int(size))), ValueError);
    EXPECT_THROW(nn::MaxPool2d(int(size)), ValueError);
    EXPECT_THROW(nn::AvgPool2d(nn::Size2(2, int(size))), ValueError);
  }
}

TEST(LayerOptions, ConvolutionsHaveAGeometry) {
  EXPECT_THROW(nn::Conv2d(1, 1, 3, {.stride = 0}), ValueError);
  EXPECT_THROW(nn::Conv2d(1, 1, 3, {.padding = -1}), ValueError);
  EXPECT_THROW(nn::Conv2d(1, 1, 3, {.dilation = 0}), ValueError);
  EXPECT_THROW(nn::Conv2d(4, 4, 3, {.groups = 0}), ValueError);
  EXPECT_THROW(nn::Conv2d(4, 4, 3, {.groups = -2}), ValueError);
  EXPECT_THROW(nn::Conv2d(4, 6, 3, {.groups = 3}), ValueError);
  EXPECT_THROW(nn::Conv2d(6, 4, 3, {.groups = 3}), ValueError);
  EXPECT_EQ(nn::Conv2d(6, 4, 3, {.groups = 2}).weight.get().shape(), Shape({4, 3, 3, 3}));
}

TEST(LayerOptions, WindowsHoldMoreThanPadding) {
  EXPECT_THROW(nn::MaxPool2d(2, {.stride = 0}), ValueError);
  EXPECT_THROW(nn::MaxPool2d(2, {.padding = -1}), ValueError);
  EXPECT_THROW(nn::MaxPool2d(2, {.padding = 2}), ValueError);
  EXPECT_THROW(nn::AvgPool2d(nn::Size2(3, 2), {.padding = 2}), ValueError);
  EXPECT_NO_THROW(nn::AvgPool2d(3, {.stride = 1, .padding = 1}));
}

TEST(LayerOptions, NormalisationNeedsAPositiveEpsilonAndAShare) {
  for (double epsilon : {0.0, -1.0, nan, infinity}) {
    EXPECT_THROW(nn::BatchNorm(2, {.epsilon = epsilon}), ValueError);
  }
  for (double momentum : {-0.1, 1.1, nan, infinity}) {
    EXPECT_THROW(nn::BatchNorm(2, {.momentum = momentum}), ValueError);
  }
  EXPECT_NO_THROW(nn::BatchNorm(2, {.momentum = 0}));
  EXPECT_NO_THROW(nn::BatchNorm(2, {.momentum = 1}));
}

TEST(LayerOptions, DropoutDropsAShare) {
  for (double probability : {-0.1, 1.0, 2.0, nan, infinity}) {
    EXPECT_THROW(nn::Dropout{probability}, ValueError);
  }
}

TEST(LayerOptions, NanHasNoSign) {
  try {
    nn::Dropout layer(-nan);
    FAIL();
  } catch (const ValueError& error) {
    EXPECT_STREQ(error.what(), "Dropout: the probability must be within [0, 1), not nan");
  }
}

TEST(InitOptions, AreFiniteAndInOrder) {
  EXPECT_THROW(nn::init::uniform({2}, 1, 0), ValueError);
  EXPECT_THROW(nn::init::uniform({2}, nan, 0), ValueError);
  EXPECT_THROW(nn::init::uniform({2}, 0, infinity), ValueError);
  EXPECT_THROW(nn::init::normal({2}, 0, -1), ValueError);
  EXPECT_THROW(nn::init::normal({2}, nan), ValueError);
  for (auto initialise : {nn::init::glorot_uniform, nn::init::glorot_normal, nn::init::he_uniform,
                          nn::init::he_normal}) {
    EXPECT_THROW(initialise({2, 2}, -1, Dtype::float32), ValueError);
    EXPECT_THROW(initialise({2, 2}, nan, Dtype::float32), ValueError);
    EXPECT_THROW(initialise({2, 0}, 1, Dtype::float32), Error);
    EXPECT_THROW(initialise({2}, 1, Dtype::float32), Error);
  }
  EXPECT_THROW(nn::init::fan_in_uniform({2}, {2, 0}), Error);
}

TEST(LayerOptions, SequentialsHoldFunctionsThatCanBeCalled) {
  EXPECT_THROW(nn::Sequential{std::function<Array(const Array&)>()}, Error);
}

}  // namespace
}  // namespace lazulite
