#include <gtest/gtest.h>

#include <cmath>

#include "lazulite/core/errors.h"
#include "lazulite/ops/ops.h"
#include "lazulite/optim/optim.h"
#include "optim/point.h"
#include "support/expect.h"

namespace lazulite {
namespace {

using test::expect_close;
using test::Point;

// Where three updates lead from (1, -2) with the gradients (0.5, -1), (1, -2) and (1.5, -3). The
// expected numbers of these tests come from the published update rules, in NumPy and float64.
Array after_three_updates(optim::Optimizer& optimizer) {
  Point point;
  for (int i = 1; i <= 3; ++i) {
    optimizer.update(point, {{"place", Array({0.5f * float(i), -1.0f * float(i)})}});
  }
  return point.place.get();
}

void expect_point(const Array& point, float x, float y) {
  // In float32, Adam's 1 - 0.999^step has an error of some 1e-5.
  expect_close(point, Array({x, y}), 1e-5);
}

TEST(SGD, GoesAlongTheGradient) {
  optim::SGD plain(0.1);
  expect_point(after_three_updates(plain), 0.7f, -1.4f);
}

TEST(SGD, KeepsMomentum) {
  optim::SGD momentum(0.1, {.momentum = 0.9});
  expect_point(after_three_updates(momentum), 0.5245f, -1.049f);
  optim::SGD nesterov(0.1, {.momentum = 0.9, .nesterov = true});
  expect_point(after_three_updates(nesterov), 0.27205f, -0.5441f);
  optim::SGD damped(0.1, {.momentum = 0.9, .dampening = 0.5});
  expect_point(after_three_updates(damped), 0.76225f, -1.5245f);
}

TEST(SGD, DecaysWeights) {
  optim::SGD decayed(0.1, {.weight_decay = 0.1});
  expect_point(after_three_updates(decayed), 0.672294f, -1.344588f);
}

TEST(SGD, RefusesNesterovWithoutMomentum) {
  EXPECT_THROW(optim::SGD(0.1, {.nesterov = true}), Error);
  EXPECT_THROW(optim::SGD(0.1, {.momentum = 0.9, .dampening = 0.1, .nesterov = true}), Error);
}

TEST(Adam, CorrectsTheBiasUnlessToldNotTo) {
  optim::Adam corrected(0.1);
  expect_point(after_three_updates(corrected), 0.707681679f, -1.707681677f);
  optim::Adam uncorrected(0.1, {.bias_correction = false});
  expect_point(after_three_updates(uncorrected), -0.200623473f, -0.799376328f);
}

TEST(Adam, IsExactInFloat64) {
  Point point(astype(Array({1.0f, -2.0f}), Dtype::float64));
  optim::Adam adam(0.1);
  double w = -2, m = 0, v = 0;
  for (int t = 1; t <= 3; ++t) {
    const double g = 0.25 * t;
    adam.update(point, {{"place", Array({1.0, g}, Dtype::float64)}});
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    const double mean = m / (1 - std::pow(0.9, t));
    w -= double{0.1f} * mean / (std::sqrt(v / (1 - std::pow(0.999, t))) + 1e-8);
  }
  EXPECT_NEAR(point.place.get().data<double>()[1], w, 1e-13);
}

TEST(AdamW, DecaysWeightsApartFromTheGradient) {
  optim::AdamW adamw(0.1, 0.1);
  expect_point(after_three_updates(adamw), 0.680935861f, -1.651234859f);
}

TEST(Optimizer, CountsItsUpdatesAndGoesOnFromAState) {
  optim::Adam first(0.1), second(0.1);
  Point whole, resumed;
  auto update = [](optim::Optimizer& optimizer, Point& point, float scale) {
    optimizer.update(point, {{"place", Array({0.5f * scale, -1.0f * scale})}});
  };
  update(first, whole, 1);
  update(first, whole, 2);
  EXPECT_EQ(first.step().item<int>(), 2);
  second.load_state(first.state());
  resumed.update({{"place", whole.place.get()}});
  update(second, resumed, 3);
  EXPECT_EQ(second.step().item<int>(), 3);
  expect_point(resumed.place.get(), 0.707681679f, -1.707681677f);
}

TEST(Optimizer, RefusesAGradientWithoutParameter) {
  Point point;
  optim::SGD sgd(0.1);
  EXPECT_THROW(sgd.update(point, {{"elsewhere", Array({1.0f, 1.0f})}}), Error);
}

TEST(Optimizer, TakesANewLearningRate) {
  Point point;
  optim::SGD sgd(optim::exponential_decay(1, 0.5));
  Array gradient({1.0f, 1.0f});
  sgd.update(point, {{"place", gradient}});
  sgd.update(point, {{"place", gradient}});
  expect_point(point.place.get(), -0.5f, -3.5f);
  sgd.set_learning_rate(2);
  sgd.update(point, {{"place", gradient}});
  expect_point(point.place.get(), -2.5f, -5.5f);
}

double rate_at(const optim::Schedule& schedule, int step) {
  return schedule(Array(step, Dtype::uint64)).item<double>();
}

TEST(Schedules, FollowTheirFormulas) {
  EXPECT_NEAR(rate_at(optim::constant(0.3), 7), 0.3, 1e-7);
  EXPECT_NEAR(rate_at(optim::exponential_decay(0.1, 0.9), 3), 0.0729, 1e-7);
  EXPECT_NEAR(rate_at(optim::step_decay(0.1, 0.5, 10), 9), 0.1, 1e-7);
  EXPECT_NEAR(rate_at(optim::step_decay(0.1, 0.5, 10), 25), 0.025, 1e-7);
  EXPECT_NEAR(rate_at(optim::cosine_decay(1, 8), 0), 1, 1e-6);
  EXPECT_NEAR(rate_at(optim::cosine_decay(1, 8), 2), 0.853553391, 1e-6);
  EXPECT_NEAR(rate_at(optim::cosine_decay(1, 8, 0.2), 4), 0.6, 1e-6);
  EXPECT_NEAR(rate_at(optim::cosine_decay(1, 8, 0.2), 100), 0.2, 1e-6);
  EXPECT_NEAR(rate_at(optim::linear_schedule(0, 1, 10), 3), 0.3, 1e-6);
  EXPECT_NEAR(rate_at(optim::linear_schedule(0, 1, 10), 30), 1, 1e-6);
}

TEST(Schedules, AreJoinedAtTheirBoundaries) {
  auto warm_up = optim::join_schedules(
      {optim::linear_schedule(0, 1, 4), optim::exponential_decay(1, 0.5)}, {4});
  EXPECT_NEAR(rate_at(warm_up, 3), 0.75, 1e-6);
  EXPECT_NEAR(rate_at(warm_up, 4), 1, 1e-6);
  EXPECT_NEAR(rate_at(warm_up, 6), 0.25, 1e-6);
  EXPECT_THROW(optim::join_schedules({optim::constant(1)}, {4}), Error);
}

}  // namespace
}  // namespace lazulite
