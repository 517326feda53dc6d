// A training step whose labels are wrong, uncompiled: the error is told, the parameters stay.
#include <gtest/gtest.h>

#include "lazulite/lazulite.h"

namespace lazulite {
namespace {

struct Training {
  nn::Linear layer{3, 4};
  optim::SGD optimizer;
  Array x = arange(12, Dtype::float32).reshape({4, 3}) / 12;

  explicit Training(uint64_t seed) : optimizer(seeded(seed), {.momentum = 0.9}) {
    layer = nn::Linear(3, 4);
  }
  static double seeded(uint64_t seed) {
    random::seed(seed);
    return 0.1;
  }

  Array step(const std::vector<int>& labels) {
    auto loss = [this](const Array& a, const Array& b) { return nn::cross_entropy(layer(a), b); };
    auto [value, gradients] = nn::value_and_grad(layer, loss)(x, Array(labels));
    optimizer.update(layer, gradients);
    return value;
  }
  std::vector<float> weight() const { return layer.weight.get().to_vector<float>(); }
  std::vector<float> everything() const {
    std::vector<float> all = weight();
    for (const auto& [name, value] : optimizer.state()) {
      // The count of steps depends on no label.
      if (name == "step") continue;
      for (float number : value.to_vector<float>()) all.push_back(number);
    }
    return all;
  }
};

const std::vector<int> good = {0, 1, 2, 3}, bad = {0, 1, 2, 4};

TEST(BadBatch, LeavesWhatWasTrained) {
  Training with(1), without(1);
  for (Training* training : {&with, &without}) {
    for (int i = 0; i < 3; ++i) training->step(good).eval();
  }
  const std::vector<float> before = with.everything();
  for (int i = 0; i < 2; ++i) {
    EXPECT_THROW(with.step(bad).eval(), IndexError);
    EXPECT_EQ(with.everything(), before);
  }
  for (Training* training : {&with, &without}) {
    for (int i = 0; i < 3; ++i) training->step(good).eval();
  }
  EXPECT_EQ(with.everything(), without.everything());
}

TEST(BadBatch, LeavesWhatWasNeverEvaluated) {
  Training with(2), without(2);
  EXPECT_THROW(with.step(bad).eval(), IndexError);
  EXPECT_EQ(with.weight(), without.weight());
  EXPECT_EQ(with.step(good).item<float>(), without.step(good).item<float>());
}

TEST(BadBatch, IsToldWhereAParameterIsReadFirst) {
  Training training(3);
  training.step(good).eval();
  const std::vector<float> before = training.weight();
  training.step(bad);
  EXPECT_THROW(training.weight(), IndexError);
  EXPECT_EQ(training.weight(), before);
}

TEST(BadBatch, LeavesParametersToACompiledStep) {
  Training training(4);
  training.step(good).eval();
  auto compiled = compile([&](Array y) -> Array {
    auto loss = [&](const Array& a) { return nn::cross_entropy(training.layer(a), y); };
    auto [value, gradients] = nn::value_and_grad(training.layer, loss)(training.x);
    training.optimizer.update(training.layer, gradients);
    return value;
  });
  compiled(Array(good)).eval();
  const std::vector<float> before = training.weight();
  EXPECT_THROW(training.step(bad).eval(), IndexError);
  EXPECT_THROW(compiled(Array(bad)).eval(), IndexError);
  EXPECT_EQ(training.weight(), before);
  training.step(good);
  EXPECT_THROW(compiled(Array(bad)).eval(), IndexError);
  EXPECT_NE(training.weight(), before);
  EXPECT_TRUE(std::isfinite(compiled(Array(good)).item<float>()));
}

// Not what somebody else has written over the memory of the value before.
TEST(BadBatch, DoesNotBringBackWhatIsNoLongerThere) {
  Cell cell(full({5}, 2.0f).eval());
  Array before = (cell.get() * 1).eval();
  cell = before;
  cell = take(ones({3}), Array({1, 2, 0, 5, 1}), 0);
  Array other = (std::move(before) + 40).eval();
  EXPECT_THROW(cell.get().eval(), IndexError);
  try {
    EXPECT_EQ(cell.get().to_vector<float>(), std::vector<float>(5, 2.0f));
  } catch (const IndexError&) {
    // It is gone; saying so again is right as well.
  }
  EXPECT_EQ(other.to_vector<float>(), std::vector<float>(5, 42.0f));
}

}  // namespace
}  // namespace lazulite
