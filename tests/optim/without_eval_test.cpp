#include <gtest/gtest.h>
#include <sys/resource.h>

#include "lazulite/lazulite.h"

namespace lazulite {
namespace {

long peak_mebibytes() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss >> 10;
}

struct Regression {
  nn::Linear layer{2, 1};
  optim::Adam optimizer{1e-3};
  Array x = Array({1.0, 2.0, -1.0, 0.5, 3.0, -2.0}).reshape({3, 2});
  Array y = Array({1.0, -1.0, 0.5}).reshape({3, 1});

  void step() {
    auto loss = [this](const Array& a, const Array& b) { return nn::mse_loss(layer(a), b); };
    auto [value, gradients] = nn::value_and_grad(layer, loss)(x, y);
    optimizer.update(layer, gradients);
  }
  std::vector<float> weight() { return layer.parameters()[0].second.get().to_vector<float>(); }
};

TEST(TrainingWithoutEval, GivesTheBitsOfTrainingWithEval) {
  random::seed(3);
  Regression with;
  random::seed(3);
  Regression without;
  for (int i = 0; i < 500; ++i) {
    without.step();
    with.step();
    with.weight();
  }
  EXPECT_EQ(without.weight(), with.weight());
}

// All in one graph, these steps would take more than a gigabyte.
TEST(TrainingWithoutEval, StaysBoundedFor100000Steps) {
  random::seed(3);
  Regression training;
  for (int i = 0; i < 5000; ++i) training.step();
  const uint64_t flushes = execution_statistics().flushes;
  const long before = peak_mebibytes();
  for (int i = 0; i < 100'000; ++i) training.step();
  EXPECT_GT(execution_statistics().flushes, flushes);
  EXPECT_LT(peak_mebibytes() - before, 300);
  // The least squares solution of three equations in two unknowns and a bias is exact.
  EXPECT_LT(nn::mse_loss(training.layer(training.x), training.y).item<float>(), 1e-4f);
}

}  // namespace
}  // namespace lazulite
