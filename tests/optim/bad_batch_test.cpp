// A training step whose labels are wrong, uncompiled: the error is told, the parameters stay. The
// steps behind it may have been built, or be under way, when it is found.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "lazulite/lazulite.h"
#include "support/devices.h"

namespace lazulite {
namespace {

struct Training {
  nn::Linear layer{3, 4};
  optim::SGD optimizer;
  Array x = arange(12, Dtype::float32).reshape({4, 3}) / 12;

  explicit Training(uint64_t seed) : optimizer(seeded(seed), {.momentum = 0.9}) {
    layer = nn::Linear(3, 4);
  }
  static optim::Schedule seeded(uint64_t seed) {
    random::seed(seed);
    return optim::exponential_decay(0.1, 0.9);
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

TEST(BadBatch, MakesNoStateWhereItIsTheFirstOfCompiledSteps) {
  for (bool waits : {true, false}) {
    Training with(1), without(1);
    const size_t entries = with.optimizer.state().size();
    auto step = compile([&](Array labels) -> Array {
      auto loss = [&](const Array& a, const Array& b) {
        return nn::cross_entropy(with.layer(a), b);
      };
      auto [value, gradients] = nn::value_and_grad(with.layer, loss)(with.x, labels);
      with.optimizer.update(with.layer, gradients);
      return value;
    });
    Array loss = step(Array(bad));
    if (waits) {
      EXPECT_THROW(loss.eval(), IndexError);
    } else {
      EXPECT_THROW(step(Array(good)).eval(), IndexError);
    }
    EXPECT_EQ(with.optimizer.state().size(), entries);
    EXPECT_EQ(with.weight(), without.weight());
    for (int i = 0; i < 3; ++i) {
      EXPECT_NEAR(step(Array(good)).item<float>(), without.step(good).item<float>(), 1e-5);
    }
    EXPECT_EQ(with.optimizer.state().size(), without.optimizer.state().size());
  }
}

TEST(BadBatch, LeavesACellWithoutAValueEmpty) {
  Cell cell;
  cell.set(take(Array({1, 2}), Array({5})));
  Array last = cell.get() + 1;
  EXPECT_THROW(last.eval(), IndexError);
  EXPECT_FALSE(cell.has_value());
  cell.set(Array(3));
  EXPECT_EQ(cell.get().item<int>(), 3);
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

// What is made of the results of one step after another.
struct Waiting {
  const char* name;
  std::function<void(Training&, const Array&)> after_each;
};

void start_everything(Training& training, const Array& loss) {
  std::vector<Array> all{loss, training.layer.weight.get(), training.layer.bias.get()};
  for (const auto& [name, value] : training.optimizer.state()) all.push_back(value);
  async_eval(all);
}

const Waiting waits[] = {
    {"never", [](Training&, const Array&) {}},
    {"started", start_everything},
    {"loss_started", [](Training&, const Array& loss) { async_eval({loss}); }},
    {"loss_of_the_step_before",
     [before = std::make_shared<Array>()](Training&, const Array& loss) {
       Array last = std::exchange(*before, loss);
       if (last.valid()) async_eval({last});
     }},
};

class BadBatchBefore : public testing::TestWithParam<Waiting> {};

// Everything goes back to the state after the last good step, and goes on from there.
void go_back_and_on(const Waiting& waiting) {
  for (int first_bad : {0, 1, 3}) {
    for (int steps : {1, 2, 5}) {
      if (first_bad >= steps) continue;
      SCOPED_TRACE(std::to_string(first_bad) + " of " + std::to_string(steps));
      Training with(6), without(6);
      with.step(good).eval();
      for (int i = 0; i <= first_bad; ++i) without.step(good).eval();
      std::vector<Array> losses;
      for (int i = 0; i < steps; ++i) {
        losses.push_back(with.step(i == first_bad ? bad : good));
        waiting.after_each(with, losses.back());
      }
      EXPECT_THROW(losses.back().eval(), IndexError);
      EXPECT_EQ(with.everything(), without.everything());
      for (Training* training : {&with, &without}) {
        for (int i = 0; i < 2; ++i) training->step(good).eval();
      }
      EXPECT_EQ(with.everything(), without.everything());
    }
  }
}

TEST_P(BadBatchBefore, MoreSteps) { go_back_and_on(GetParam()); }
// Several runs are under way at once there.
TEST_P(BadBatchBefore, MoreStepsOnADevice) {
  for (const std::string& device : test::devices_under_test()) {
    const DeviceScope scope{Device(device)};
    for (int turn = 0; turn < 5; ++turn) go_back_and_on(GetParam());
  }
}

// Compiled steps before and behind the bad one, nothing waited for.
TEST_P(BadBatchBefore, StepsOfBothKinds) {
  Training with(7), without(7);
  auto compiled_step = [](Training& training) {
    return compile([&](Array y) -> Array {
      auto loss = [&](const Array& a) { return nn::cross_entropy(training.layer(a), y); };
      auto [value, gradients] = nn::value_and_grad(training.layer, loss)(training.x);
      training.optimizer.update(training.layer, gradients);
      return value;
    });
  };
  auto compiled = compiled_step(with), compiled_without = compiled_step(without);
  with.step(good).eval();
  without.step(good).eval();
  compiled(Array(good)).eval();
  compiled_without(Array(good)).eval();
  const std::vector<float> before = without.everything();
  Array last;
  try {
    for (bool as_compiled : {true, false, true, false}) {
      last = as_compiled ? compiled(Array(bad)) : with.step(bad);
      if (!as_compiled) GetParam().after_each(with, last);
    }
    last.eval();
    ADD_FAILURE() << "nobody was told";
  } catch (const IndexError&) {
  }
  // Each bad step is an error of its own: where an early one was told at the next call, those of
  // the steps that were started meanwhile are told when what they changed is read.
  auto tells = [&] {
    try {
      with.everything();
      return false;
    } catch (const IndexError&) {
      return true;
    }
  };
  for (int told = 0; tells(); ++told) ASSERT_LT(told, 4);
  EXPECT_EQ(with.everything(), before);
  compiled(Array(good)).eval();
  compiled_without(Array(good)).eval();
  EXPECT_EQ(with.everything(), without.everything());
}

INSTANTIATE_TEST_SUITE_P(Waiting, BadBatchBefore, testing::ValuesIn(waits),
                         [](const auto& info) { return info.param.name; });

TEST(BadBatch, LeavesRunningStatisticsAndTheRandomState) {
  random::seed(8);
  nn::BatchNorm norm(3);
  const Array table = random::normal({4, 3});
  nn::Dropout dropout(0.5);
  auto step = [&](const std::vector<int>& rows) {
    return sum(dropout(norm(take(table, Array(rows), 0))));
  };
  auto statistics = [&] {
    std::vector<float> all;
    for (const Cell& cell : {norm.running_mean, norm.running_var}) {
      for (float number : cell.get().to_vector<float>()) all.push_back(number);
    }
    return all;
  };
  step(good).eval();
  const std::vector<float> before = statistics();
  const Array failed = step(bad);
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(std::isfinite(step(good).item<float>()));
  EXPECT_THROW(failed.eval(), IndexError);
  EXPECT_EQ(statistics(), before);
  EXPECT_TRUE(std::isfinite(step(good).item<float>()));
  EXPECT_NE(statistics(), before);
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
