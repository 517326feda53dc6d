#include <gtest/gtest.h>

#include <limits>

#include "lazulite/core/errors.h"
#include "lazulite/io/safetensors.h"
#include "lazulite/ops/ops.h"
#include "lazulite/optim/optim.h"
#include "lazulite/transforms/compile.h"
#include "optim/point.h"
#include "support/expect.h"
#include "support/temp_folder.h"

namespace lazulite {
namespace {

using test::expect_equal;
using test::Point;

const Array gradient({0.5f, -1.0f});

void step(optim::Optimizer& optimizer, const Point& point) {
  optimizer.update(point, {{"place", gradient}});
}

float rate_of(const optim::Optimizer& optimizer) { return optimizer.learning_rate().item<float>(); }

TEST(OptimizerState, HoldsTheLearningRate) {
  optim::Adam first(0.1), second(0.1);
  first.set_learning_rate(0.003);
  second.load_state(first.state());
  Point point;
  step(second, point);
  EXPECT_EQ(rate_of(second), 0.003f);
  EXPECT_NEAR(point.place.get()[0].item<float>(), 1 - 0.003, 1e-6);
  step(second, point);
  EXPECT_EQ(rate_of(second), 0.003f);
}

TEST(OptimizerState, AScheduleGoesOnWhereItWas) {
  Point point;
  optim::SGD first(optim::exponential_decay(1, 0.5));
  for (int i = 0; i < 3; ++i) step(first, point);
  EXPECT_EQ(rate_of(first), 0.25f);
  optim::SGD second(optim::exponential_decay(1, 0.5));
  second.load_state(first.state());
  EXPECT_EQ(rate_of(second), 0.25f);
  step(second, point);
  EXPECT_EQ(rate_of(second), 0.125f);
  // Without a schedule of its own it keeps the rate.
  optim::SGD plain(0.1);
  plain.load_state(first.state());
  step(plain, point);
  EXPECT_EQ(rate_of(plain), 0.25f);
}

TEST(OptimizerState, RemembersThatAScheduleWasReplaced) {
  Point point;
  optim::SGD first(optim::exponential_decay(1, 0.5)), second(optim::exponential_decay(1, 0.5));
  first.set_learning_rate(0.003);
  step(first, point);
  second.load_state(first.state());
  step(second, point);
  EXPECT_EQ(rate_of(second), 0.003f);
  // And the state of one that follows its schedule puts it back into force.
  optim::SGD third(optim::exponential_decay(1, 0.5));
  step(third, point);
  second.load_state(third.state());
  step(second, point);
  EXPECT_EQ(rate_of(second), 0.5f);
}

TEST(OptimizerState, CompiledStepsTakeTheLoadedRate) {
  Point point(Array({0.0f, 0.0f}));
  optim::SGD sgd(optim::constant(1)), other(optim::constant(1));
  auto compiled = compile([&](Array g) { sgd.update(point, {{"place", g}}); });
  compiled(Array({1.0f, 2.0f}));
  other.set_learning_rate(0.5);
  sgd.load_state(other.state());
  compiled(Array({1.0f, 2.0f}));
  expect_equal(point.place.get(), Array({-1.5f, -3.0f}));
}

// Interrupted after each of four updates, an optimizer goes on to the same bits.
template <class Make>
void expect_round_trip(const Make& make) {
  test::TempFolder folder;
  const std::string path = folder / "state.safetensors";
  auto whole = make();
  auto parts = make();
  Point first, second;
  for (int i = 0; i < 4; ++i) {
    step(whole, first);
    step(parts, second);
    io::save_safetensors(path, parts.state());
    parts = make();
    nn::NamedArrays loaded;
    for (const auto& [name, value] : io::load_safetensors(path)) loaded.emplace_back(name, value);
    parts.load_state(loaded);
    EXPECT_EQ(parts.step().template item<int>(), i + 1);
    EXPECT_EQ(parts.step().dtype(), Dtype::uint64);
    EXPECT_EQ(parts.learning_rate().dtype(), Dtype::float32);
  }
  expect_equal(second.place.get(), first.place.get());
}

TEST(OptimizerState, IsSavedAndLoadedWhole) {
  expect_round_trip([] { return optim::SGD(0.1); });
  expect_round_trip([] { return optim::SGD(0.1, {.momentum = 0.9, .dampening = 0.1}); });
  expect_round_trip([] { return optim::SGD(0.1, {.momentum = 0.9, .nesterov = true}); });
  expect_round_trip([] { return optim::Adam(0.1); });
  expect_round_trip([] { return optim::AdamW(optim::cosine_decay(0.1, 3), 0.1); });
  expect_round_trip([] {
    optim::Adam adam(optim::linear_schedule(0, 1, 5), {.bias_correction = false});
    adam.set_learning_rate(0.25);
    return adam;
  });
}

TEST(OptimizerState, ReplacesWhatWasThere) {
  Point point;
  optim::Adam used(0.1), fresh(0.1);
  step(used, point);
  used.load_state(fresh.state());
  EXPECT_EQ(used.state().size(), 2u);
  Point first, second;
  step(used, first);
  step(fresh, second);
  expect_equal(first.place.get(), second.place.get());
}

TEST(OptimizerState, RefusesWhatItCannotBe) {
  Point point;
  optim::Adam adam(0.1);
  step(adam, point);
  nn::NamedArrays before = adam.state();
  auto refuses = [&](const std::string& name, const Array& value) {
    EXPECT_THROW(adam.load_state({{"place.m", ones({2})}, {name, value}}), Error) << name;
    nn::NamedArrays after = adam.state();
    ASSERT_EQ(after.size(), before.size());
    for (size_t i = 0; i < after.size(); ++i) {
      EXPECT_TRUE(after[i].second.is_same(before[i].second)) << after[i].first;
    }
  };
  refuses("other", ones({2}));
  refuses("place.m", ones({2}));
  refuses("place.v", Array());
  refuses("place.v", ones({2}, Dtype::int32));
  refuses("step", Array(1.5f));
  refuses("step", Array(-1));
  refuses("step", Array({1}));
  refuses("learning_rate", Array({0.1f}));
  refuses("learning_rate", Array(-0.1f));
  refuses("learning_rate", Array(std::numeric_limits<float>::quiet_NaN()));
  refuses("learning_rate", Array(1));
  refuses("scheduled", Array(1));
}

TEST(OptimizerState, OfAnotherParameterIsAnError) {
  Point point;
  optim::Adam adam(0.1);
  adam.load_state({{"place.m", ones({1})}, {"place.v", ones({2})}});
  EXPECT_THROW(step(adam, point), Error);
}

}  // namespace
}  // namespace lazulite
