// A compiled training step that has run a few times: it asks for no memory any more, its result
// takes that of the last, and devices are given it as a whole.
#include <gtest/gtest.h>

#include <functional>

#include "lazulite/lazulite.h"
#include "lazulite/program/backends.h"
#include "support/backends.h"

namespace lazulite {
namespace {

class WarmStep : public test::OnEveryBackend {
 protected:
  // After `warm` steps, what 20 more ask of the device, each of them waited for.
  struct Asked {
    uint64_t requests, system_allocations, submissions;
  };
  static constexpr uint64_t steps = 20;

  static Asked asked_by_steps(const std::function<Array(const Array&)>& loss_of) {
    random::seed(3);
    nn::Sequential network(
        nn::Conv2d(1, 6, 3, {.padding = 1}), nn::ReLU(), nn::MaxPool2d(2),
        [](const Array& a) {
          return reshape(a, {a.shape(0), -1});
        },
        nn::Linear(6 * 4 * 4, 12), nn::ReLU(), nn::Linear(12, 5));
    optim::Adam optimizer(1e-3);
    Array x = sin(arange(4 * 8 * 8, Dtype::float32)).reshape({4, 8, 8, 1});
    eval(x);
    auto loss = [&](const Array& a) { return loss_of(network(a)); };
    auto step = compile([&](Array a) -> Array {
      auto [value, gradients] = nn::value_and_grad(network, loss)(a);
      optimizer.update(network, gradients);
      return value;
    });
    constexpr int warm = 12;
    for (int i = 0; i < warm; ++i) step(x).item<float>();
    synchronize();
    const DeviceStatistics before = statistics();
    for (uint64_t i = 0; i < steps; ++i) step(x).item<float>();
    synchronize();
    const DeviceStatistics after = statistics();
    return {after.memory.requests - before.memory.requests,
            after.memory.system_allocations - before.memory.system_allocations,
            after.submissions - before.submissions};
  }

 private:
  static DeviceStatistics statistics() {
    const Backend& backend = backend_of(default_device());
    return backend.asynchronous() ? backend.statistics() : DeviceStatistics{memory_statistics(), 0};
  }
};
LAZULITE_ON_EVERY_BACKEND(WarmStep);

TEST_P(WarmStep, AllocatesNothingAndIsOneLaunch) {
  const Asked asked = asked_by_steps([](const Array& y) { return mean(square(y - 0.5f)); });
  EXPECT_EQ(asked.system_allocations, 0u);
  if (!backend_of(default_device()).asynchronous()) return;
  EXPECT_EQ(asked.requests, 0u);
  EXPECT_EQ(asked.submissions, steps);
}

// What may fail tells afterwards how it ended: on the GPU by a kernel of its own.
TEST_P(WarmStep, ThatChecksLabelsIsOneLaunchAndAReport) {
  const Array labels({0, 4, 2, 1});
  const Asked asked = asked_by_steps([&](const Array& y) { return nn::cross_entropy(y, labels); });
  EXPECT_EQ(asked.system_allocations, 0u);
  if (!backend_of(default_device()).asynchronous()) return;
  EXPECT_EQ(asked.requests, 0u);
  EXPECT_EQ(asked.submissions, GetParam() == "cuda" ? 2 * steps : steps);
}

}  // namespace
}  // namespace lazulite
