// Results take the memory of what ends with them, whether or not anybody waits between two steps.
#include <gtest/gtest.h>

#include "lazulite/lazulite.h"
#include "lazulite/program/backends.h"

namespace lazulite {
namespace {

constexpr int64_t side = 1024;
constexpr size_t unit = side * side * sizeof(float);

// How many arrays of `unit` bytes twenty steps need beside what is held between them.
double arrays_needed(const std::function<void()>& step, bool wait) {
  for (int i = 0; i < 4; ++i) {
    step();
    synchronize();
  }
  clear_cache();
  reset_peak_memory();
  const size_t before = memory_statistics().active_bytes;
  for (int i = 0; i < 20; ++i) {
    step();
    if (wait) synchronize();
  }
  synchronize();
  return static_cast<double>(memory_statistics().peak_bytes - before) / unit;
}

class Donation : public testing::Test {
 protected:
  void SetUp() override {
    if (&backend_of(default_device()).memory() != &host_memory()) {
      GTEST_SKIP() << "what is counted is the host's";
    }
  }
  static void expect_the_same(const std::string& name, const std::function<void()>& step) {
    const double waited = arrays_needed(step, true);
    EXPECT_LT(arrays_needed(step, false), waited + 0.5) << name << ", waited: " << waited;
  }
  template <class Optimizer>
  static void expect_of_training(const std::string& name, Optimizer optimizer) {
    random::seed(1);
    nn::Linear layer(side, side, false);
    const auto loss = [&](const Array& x) { return mean(square(layer(x))); };
    const auto step = compile([&](const Array& x) {
      auto [value, gradients] = nn::value_and_grad(layer, loss)(x);
      optimizer.update(layer, gradients);
      return value;
    });
    const Array x = random::normal({4, side}).eval();
    expect_the_same(name, [&] { step(x); });
  }
};

TEST_F(Donation, StepsOfOptimizersNeedNoMoreUnwaited) {
  expect_of_training("SGD", optim::SGD(0.01));
  expect_of_training("momentum", optim::SGD(0.01, {.momentum = 0.9}));
  expect_of_training("weight decay", optim::SGD(0.01, {.weight_decay = 0.1}));
  expect_of_training("Adam", optim::Adam(0.01));
  expect_of_training("AdamW", optim::AdamW(0.01, 0.1));
}

// Whichever of the inputs comes first: that which the caller holds cannot give its memory, the
// cell's value can.
TEST_F(Donation, StepsByHandNeedNoMoreUnwaited) {
  using Update = Array (*)(const Array&, const Array&);
  const std::pair<const char*, Update> updates[] = {
      {"p * 0.9 + g * 0.1", [](const Array& p, const Array& g) { return p * 0.9f + g * 0.1f; }},
      {"p - g * 0.1", [](const Array& p, const Array& g) { return p - g * 0.1f; }},
      {"g * 0.1 + p * 0.9", [](const Array& p, const Array& g) { return g * 0.1f + p * 0.9f; }},
  };
  const Array g = (ones({side, side}) + 0.f).eval();
  for (const auto& [name, update] : updates) {
    Cell p((zeros({side, side}) + 0.f).eval());
    const auto step =
        compile([&, update = update](const Array& given) { p = update(p.get(), given); });
    expect_the_same(name, [&] { step(g); });
  }
}

// Moved into the call, an argument is given away; held by the caller, it stays as it was.
TEST_F(Donation, MovedArgumentsLendTheirMemory) {
  const CompiledFunction twice =
      compile_arrays([](const Arrays& in) { return Arrays{in[0] * 2.f}; });
  Array x = (ones({side, side}) + 0.f).eval();
  EXPECT_LT(arrays_needed(
                [&] {
                  Arrays in;
                  in.push_back(std::move(x));
                  x = twice(std::move(in))[0];
                },
                false),
            0.5);
  EXPECT_EQ(max(x).item<double>(), 0x1p24);
  EXPECT_EQ(min(x).item<double>(), 0x1p24);
  const Array held = (ones({side, side}) + 0.f).eval();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(max(twice({held})[0]).item<float>(), 2);
  EXPECT_EQ(max(held).item<float>(), 1);
}

}  // namespace
}  // namespace lazulite
