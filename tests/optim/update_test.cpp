#include <gtest/gtest.h>

#include <limits>

#include "lazulite/core/errors.h"
#include "lazulite/nn/nn.h"
#include "lazulite/ops/ops.h"
#include "lazulite/optim/optim.h"
#include "optim/point.h"
#include "support/expect.h"

namespace lazulite {
namespace {

using test::expect_equal;
using test::Point;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::string error_of(optim::Optimizer& optimizer, const nn::Module& module,
                     const nn::NamedArrays& gradients) {
  try {
    optimizer.update(module, gradients);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Update, RefusesGradientsThatDoNotFit) {
  nn::Linear layer(2, 3);
  Array weight = layer.weight.get(), bias = layer.bias.get();
  optim::Adam adam(0.1);
  auto refuses = [&](const Array& gradient) {
    std::string error = error_of(adam, layer, {{"weight", ones({3, 2})}, {"bias", gradient}});
    EXPECT_NE(error.find("'bias'"), std::string::npos) << error;
    EXPECT_TRUE(layer.weight.get().is_same(weight));
    EXPECT_TRUE(layer.bias.get().is_same(bias));
    EXPECT_EQ(adam.step().item<int>(), 0);
    EXPECT_EQ(adam.state().size(), 2u);
  };
  refuses(ones({3, 2}));
  refuses(ones({1}));
  refuses(ones({}));
  refuses(ones({0}));
  refuses(ones({3}, Dtype::int32));
  refuses(ones({3}, Dtype::bool_));
  refuses(ones({3}, Dtype::complex64));
  refuses(Array());
}

TEST(Update, RefusesGradientsWithoutParameterOrTwice) {
  nn::Linear layer(2, 3);
  optim::SGD sgd(0.1);
  Array gradient = ones({3, 2});
  EXPECT_NE(error_of(sgd, layer, {{"weight", gradient}, {"other", gradient}}), "");
  EXPECT_NE(error_of(sgd, layer, {{"weight", gradient}, {"weight", gradient}}), "");
  EXPECT_NE(error_of(sgd, layer, {}), "");
  nn::Sequential twice{layer, layer};
  EXPECT_NE(error_of(sgd, twice, {{"layers.0.weight", gradient}, {"layers.1.weight", gradient}}),
            "");
  EXPECT_EQ(sgd.step().item<int>(), 0);
  EXPECT_EQ(error_of(sgd, twice, {{"layers.1.weight", gradient}}), "");
}

TEST(Update, LeavesWhatIsFrozenOrHasNoGradient) {
  nn::Sequential net(nn::Linear(2, 3), nn::BatchNorm(3));
  auto value = [&](size_t i) { return net.parameters()[i].second.get(); };
  Array weight = value(0), bias = value(1), mean = value(4);
  net.freeze({"bias"});
  optim::SGD sgd(0.5, {.momentum = 0.9});
  sgd.update(net, {{"layers.0.weight", ones({3, 2})},
                   {"layers.0.bias", ones({3})},
                   {"layers.1.running_mean", ones({3})}});
  expect_equal(value(0), weight - 0.5f);
  EXPECT_TRUE(value(1).is_same(bias));
  EXPECT_TRUE(value(4).is_same(mean));
  EXPECT_NE(error_of(sgd, net, {{"layers.0.bias", ones({2})}}), "");
}

struct Reshaping : optim::Optimizer {
  Reshaping() : Optimizer(0.1) {}
  Array apply_single(const Array& gradient, const Array&, State&) override { return sum(gradient); }
};

TEST(Update, ParametersKeepTheirShape) {
  Point point;
  Reshaping reshaping;
  EXPECT_NE(error_of(reshaping, point, {{"place", ones({2})}}), "");
  expect_equal(point.place.get(), Array({1.0f, -2.0f}));
}

TEST(OptimizerOptions, AreCheckedWhereTheyAreGiven) {
  for (double bad : {-1.0, nan, infinity, 1e300}) {
    EXPECT_THROW(optim::SGD{bad}, ValueError);
    EXPECT_THROW(optim::Adam{bad}, ValueError);
    EXPECT_THROW(optim::AdamW{bad}, ValueError);
    optim::SGD sgd(0.5);
    EXPECT_THROW(sgd.set_learning_rate(bad), ValueError);
    EXPECT_EQ(sgd.learning_rate().item<float>(), 0.5f);
  }
  for (double bad : {-1.0, nan, infinity}) {
    EXPECT_THROW(optim::SGD(0.1, {.momentum = bad}), ValueError);
    EXPECT_THROW(optim::SGD(0.1, {.weight_decay = bad}), ValueError);
    EXPECT_THROW(optim::SGD(0.1, {.momentum = 0.9, .dampening = bad}), ValueError);
    EXPECT_THROW(optim::Adam(0.1, {.beta1 = bad}), ValueError);
    EXPECT_THROW(optim::Adam(0.1, {.beta2 = bad}), ValueError);
    EXPECT_THROW(optim::Adam(0.1, {.epsilon = bad}), ValueError);
    EXPECT_THROW(optim::AdamW(0.1, bad), ValueError);
    EXPECT_THROW(optim::AdamW(0.1, 0.01, {.beta2 = bad}), ValueError);
  }
  for (double bad : {1.0, 2.0}) {
    EXPECT_THROW(optim::Adam(0.1, {.beta1 = bad}), ValueError);
    EXPECT_THROW(optim::Adam(0.1, {.beta2 = bad}), ValueError);
  }
  EXPECT_THROW(optim::SGD(0.1, {.momentum = 2}), ValueError);
  EXPECT_THROW(optim::SGD(0.1, {.nesterov = true}), ValueError);
  EXPECT_NO_THROW(optim::SGD(0.0));
  EXPECT_NO_THROW(optim::Adam(0.1, {.beta1 = 0, .beta2 = 0, .epsilon = 0}));
}

TEST(ScheduleOptions, AreCheckedWhereTheyAreGiven) {
  for (int64_t steps : {0, -1}) {
    EXPECT_THROW(optim::cosine_decay(1, steps), ValueError);
    EXPECT_THROW(optim::linear_schedule(0, 1, steps), ValueError);
    EXPECT_THROW(optim::step_decay(1, 0.5, steps), ValueError);
  }
  for (double bad : {-1.0, nan, infinity}) {
    EXPECT_THROW(optim::constant(bad), ValueError);
    EXPECT_THROW(optim::exponential_decay(bad, 0.5), ValueError);
    EXPECT_THROW(optim::exponential_decay(1, bad), ValueError);
    EXPECT_THROW(optim::step_decay(bad, 0.5, 1), ValueError);
    EXPECT_THROW(optim::step_decay(1, bad, 1), ValueError);
    EXPECT_THROW(optim::cosine_decay(bad, 1), ValueError);
    EXPECT_THROW(optim::cosine_decay(1, 1, bad), ValueError);
    EXPECT_THROW(optim::linear_schedule(bad, 1, 1), ValueError);
    EXPECT_THROW(optim::linear_schedule(1, bad, 1), ValueError);
  }
  optim::Schedule one = optim::constant(1);
  EXPECT_THROW(optim::join_schedules({}, {}), ValueError);
  EXPECT_THROW(optim::join_schedules({one}, {1}), ValueError);
  EXPECT_THROW(optim::join_schedules({one, optim::Schedule()}, {1}), ValueError);
  EXPECT_THROW(optim::join_schedules({one, one}, {-1}), ValueError);
  EXPECT_THROW(optim::join_schedules({one, one, one}, {4, 2}), ValueError);
}

TEST(ScheduleOptions, SchedulesGiveOneRealNumber) {
  EXPECT_THROW(optim::SGD(optim::Schedule{}), Error);
  EXPECT_THROW(optim::SGD([](const Array&) { return ones({2}); }), Error);
  EXPECT_THROW(optim::SGD([](const Array&) { return Array(); }), Error);
  optim::SGD counting([](const Array& step) { return step + 1; });
  EXPECT_EQ(counting.learning_rate().dtype(), Dtype::float32);
}

}  // namespace
}  // namespace lazulite
