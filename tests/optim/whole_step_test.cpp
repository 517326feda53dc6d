// A step that throws half-way has changed nothing.
#include <gtest/gtest.h>

#include <stdexcept>

#include "lazulite/core/errors.h"
#include "lazulite/nn/nn.h"
#include "lazulite/ops/ops.h"
#include "lazulite/optim/optim.h"
#include "lazulite/transforms/compile.h"
#include "support/expect.h"

namespace lazulite {
namespace {

using test::expect_equal;

nn::NamedArrays gradients_of_ones(const nn::Linear& layer) {
  return {{"weight", ones_like(layer.weight.get())}, {"bias", ones_like(layer.bias.get())}};
}

std::map<std::string, Array> contents(const optim::Optimizer& optimizer, const nn::Module& module) {
  std::map<std::string, Array> all;
  for (const auto& [name, value] : optimizer.state()) all.emplace("state " + name, value);
  for (const auto& [name, cell] : module.parameters()) all.emplace(name, cell.get());
  return all;
}

void expect_same(const std::map<std::string, Array>& now,
                 const std::map<std::string, Array>& then) {
  ASSERT_EQ(now.size(), then.size());
  for (const auto& [name, value] : then) {
    ASSERT_TRUE(now.count(name)) << name;
    EXPECT_TRUE(now.at(name).is_same(value)) << name;
  }
}

// The bias comes second; its state belongs to another parameter.
void expect_whole_steps(optim::Optimizer& optimizer, const std::string& entry) {
  nn::Linear layer(2, 3);
  optimizer.update(layer, gradients_of_ones(layer));
  nn::NamedArrays good = optimizer.state(), bad = good;
  for (auto& [name, value] : bad) {
    if (name == "bias." + entry) value = zeros({7});
  }
  optimizer.load_state(bad);
  const auto before = contents(optimizer, layer);
  EXPECT_THROW(optimizer.update(layer, gradients_of_ones(layer)), Error);
  expect_same(contents(optimizer, layer), before);
  // Where all is made anew it is gone again.
  optimizer.load_state({{"bias." + entry, zeros({7})}});
  EXPECT_THROW(optimizer.update(layer, gradients_of_ones(layer)), Error);
  const Array moved = layer.bias.get();
  EXPECT_EQ(optimizer.state().size(), 3u);
  optimizer.load_state(good);
  optimizer.update(layer, gradients_of_ones(layer));
  EXPECT_EQ(optimizer.step().item<int>(), 2);
  EXPECT_TRUE(all(layer.bias.get() < moved).item<bool>());
}

TEST(WholeStep, OfEveryOptimizer) {
  optim::SGD sgd(0.1, {.momentum = 0.9});
  expect_whole_steps(sgd, "v");
  optim::Adam adam([](const Array& step) { return 0.5 / (step + 1); });
  expect_whole_steps(adam, "v");
  optim::AdamW adamw(0.1);
  expect_whole_steps(adamw, "m");
}

// Throws for the second parameter, or in the schedule, if it is told to.
struct Unsteady : optim::Optimizer {
  explicit Unsteady(bool& throws)
      : Optimizer([&throws](const Array& step) -> Array {
          if (throws && step.item<int>() > 5) throw std::runtime_error("the schedule");
          return 1.0 / (step + 1);
        }),
        throws_(throws) {}
  Array apply_single(const Array& gradient, const Array& parameter, State& state) override {
    Cell& sum = state.cell("sum", zeros_like(parameter));
    sum = sum.get() + gradient;
    if (throws_ && parameter.ndim() == 1) throw std::runtime_error("the second parameter");
    return parameter - learning_rate() * sum.get();
  }
  bool& throws_;
};

TEST(WholeStep, OfOnesOwnOptimizer) {
  bool throws = true;
  nn::Linear layer(2, 3);
  Unsteady optimizer(throws);
  auto before = contents(optimizer, layer);
  for (int step = 0; step < 8; ++step) {
    throws = true;
    EXPECT_THROW(optimizer.update(layer, gradients_of_ones(layer)), std::runtime_error);
    expect_same(contents(optimizer, layer), before);
    throws = false;
    optimizer.update(layer, gradients_of_ones(layer));
    before = contents(optimizer, layer);
  }
  EXPECT_EQ(optimizer.step().item<int>(), 8);
  expect_equal(before.at("state weight.sum"), full({3, 2}, 8.0f));
}

TEST(WholeStep, WhereACompiledFunctionGoesOn) {
  bool throws = true;
  nn::Linear layer(2, 3);
  Unsteady optimizer(throws);
  const Array weight = layer.weight.get(), bias = layer.bias.get();
  auto step = compile([&](Array x) -> Array {
    try {
      optimizer.update(layer, gradients_of_ones(layer));
    } catch (const std::runtime_error&) {
      return x + 1;
    }
    return x;
  });
  expect_equal(step(ones({2})), full({2}, 2.0f));
  expect_equal(layer.weight.get(), weight);
  expect_equal(layer.bias.get(), bias);
  EXPECT_EQ(optimizer.step().item<int>(), 0);
  EXPECT_EQ(optimizer.state().size(), 2u);
}

// What the step would have replaced still goes back to what it replaced.
TEST(WholeStep, BehindABadOne) {
  bool throws = false;
  nn::Linear layer(2, 3);
  Unsteady optimizer(throws);
  const Array weight = layer.weight.get().eval();
  nn::NamedArrays bad = gradients_of_ones(layer);
  const Array factor = take(ones({4}), Array(4));
  for (auto& [name, gradient] : bad) gradient = gradient * factor;
  optimizer.update(layer, bad);
  throws = true;
  EXPECT_THROW(optimizer.update(layer, gradients_of_ones(layer)), std::runtime_error);
  EXPECT_THROW(layer.weight.get().eval(), IndexError);
  expect_equal(layer.weight.get(), weight);
  EXPECT_EQ(optimizer.step().item<int>(), 0);
  throws = false;
  optimizer.update(layer, gradients_of_ones(layer));
  expect_equal(layer.weight.get(), weight - 1);
  EXPECT_EQ(optimizer.step().item<int>(), 1);
}

}  // namespace
}  // namespace lazulite
