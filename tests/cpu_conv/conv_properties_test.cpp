#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "problem.h"

namespace lazulite::cpu {
namespace {

constexpr ConvOptions relu_pool{.relu = true, .pool = true, .threads = 3};

bool same_bits(const Floats& a, const Floats& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

TEST(ConvDeterminism, TwoRunsGiveTheSameBits) {
  for (const ConvShape& shape :
       {ConvShape{70, 9, 9, 1, 20, 5, 2}, ConvShape{70, 14, 14, 20, 50, 5, 2},
        ConvShape{70, 7, 7, 50, 100, 5, 2}}) {
    const Problem problem(shape, relu_pool);
    for_targets([&] {
      const Forward forward = run_forward(problem), again = run_forward(problem);
      EXPECT_TRUE(same_bits(forward.output, again.output)) << describe(problem);
      EXPECT_EQ(forward.residual, again.residual) << describe(problem);
      const Gradients first = run_backward(problem, forward);
      const Gradients second = run_backward(problem, forward);
      EXPECT_TRUE(same_bits(first.input, second.input)) << describe(problem);
      EXPECT_TRUE(same_bits(first.weights, second.weights)) << describe(problem);
      EXPECT_TRUE(same_bits(first.bias, second.bias)) << describe(problem);
    });
  }
}

// An image's output depends on no other image of its group, nor on its place in the batch.
TEST(ConvDeterminism, AnImageIsAloneInItsLane) {
  const Problem all({21, 14, 14, 20, 50, 5, 2}, relu_pool);
  Problem one({1, 14, 14, 20, 50, 5, 2}, relu_pool);
  const int64_t floats = 14 * 14 * 20, chosen = 19;
  one.images.assign(all.images.begin() + chosen * floats,
                    all.images.begin() + (chosen + 1) * floats);
  for_targets([&] {
    const Forward batch = run_forward(all), single = run_forward(one);
    const auto begin = batch.output.begin() + chosen * int64_t(single.output.size());
    EXPECT_EQ(Floats(begin, begin + int64_t(single.output.size())), single.output);
  });
}

// A 1x1 kernel of weight 1 shows the pool what the image holds.
struct Pooled {
  Pooled(std::initializer_list<float> window, bool relu) {
    Problem problem({1, 2, 2, 1, 1, 1, 0}, {.relu = relu, .pool = true});
    problem.images = window;
    problem.weights = {1};
    problem.bias = {0};
    const Forward forward = run_forward(problem);
    value = forward.output[0];
    taken = residual_at(problem.plan, forward.residual, 0);
  }
  float value;
  int taken;
};

TEST(ConvPooling, TheFirstOfSeveralMaximaTakesTheGradient) {
  for_targets([] {
    EXPECT_EQ(Pooled({1, 2, 3, 4}, false).taken, 3);
    EXPECT_EQ(Pooled({1, 4, 4, 2}, false).taken, 1);
    EXPECT_EQ(Pooled({2, 2, 2, 2}, false).taken, 0);
    EXPECT_EQ(Pooled({-1, -3, -1, -2}, false).taken, 0);
    EXPECT_EQ(Pooled({-1, -3, 5, 5}, true).taken, 2);
  });
}

TEST(ConvPooling, WhatTheReluBlocksTakesNoGradient) {
  for_targets([] {
    const Pooled negative({-1, -3, -1, -2}, true), zero({0, -1, 0, -2}, true);
    EXPECT_EQ(negative.taken, blocked_gradient);
    EXPECT_EQ(negative.value, 0);
    EXPECT_EQ(zero.taken, blocked_gradient);
    EXPECT_EQ(zero.value, 0);
  });
}

TEST(ConvPooling, ANanIsTheMaximum) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for_targets([&] {
    for (const bool relu : {false, true}) {
      EXPECT_TRUE(std::isnan(Pooled({nan, 1, 2, 3}, relu).value));
      EXPECT_EQ(Pooled({nan, 1, 2, 3}, relu).taken, 0);
      EXPECT_TRUE(std::isnan(Pooled({5, 1, nan, 3}, relu).value));
      EXPECT_EQ(Pooled({5, 1, nan, 3}, relu).taken, 2);
      EXPECT_EQ(Pooled({nan, 1, nan, 3}, relu).taken, 2);
    }
  });
}

TEST(ConvPlan, RefusesWhatIsNoConvolution) {
  EXPECT_THROW(plan_conv({0, 8, 8, 1, 1, 3, 1}, {}), std::invalid_argument);
  EXPECT_THROW(plan_conv({1, 8, 8, 1, 1, 3, 3}, {}), std::invalid_argument);
  EXPECT_THROW(plan_conv({1, 8, 8, 1, 1, 3, -1}, {}), std::invalid_argument);
  EXPECT_THROW(plan_conv({1, 2, 8, 1, 1, 3, 0}, {}), std::invalid_argument);
  EXPECT_THROW(plan_conv({1, 1, 8, 1, 1, 3, 1}, {.pool = true}), std::invalid_argument);
}

// The algorithms that the article's layers are fast with.
TEST(ConvPlan, PicksTheTileThatComputesLeast) {
  EXPECT_EQ(plan_conv({64, 28, 28, 1, 20, 5, 2}, relu_pool).tile, 0);
  EXPECT_EQ(plan_conv({64, 14, 14, 20, 50, 5, 2}, relu_pool).tile, 4);
  EXPECT_EQ(plan_conv({64, 7, 7, 50, 100, 5, 2}, relu_pool).tile, 3);
}

}  // namespace
}  // namespace lazulite::cpu
