#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "lazulite/core/node.h"
#include "lazulite/lazulite.h"
#include "lazulite/ops/custom.h"
#include "support/threads.h"

namespace lazulite {
namespace {

/// Sets the budget of pending nodes until the end of the scope.
struct BudgetScope {
  PendingBudget before = pending_budget();
  explicit BudgetScope(PendingBudget budget) { set_pending_budget(budget); }
  ~BudgetScope() { set_pending_budget(before); }
};

/// An operation that stands in the queue until it is cleared away, at the latest where this ends.
class Obstacle {
 public:
  ~Obstacle() { clear(); }
  void clear() { *over_ = true; }
  Array before(const Array& x) const { return apply_operation(operation_, {x})[0]; }

 private:
  std::shared_ptr<std::atomic<bool>> over_ = std::make_shared<std::atomic<bool>>(false);
  std::shared_ptr<const CustomOperation> operation_ =
      std::make_shared<const CustomOperation>(CustomOperation{
          .name = "waiting",
          .infer =
              [](InputTypes inputs) {
                return ArrayTypes{{inputs[0].shape, inputs[0].dtype}};
              },
          .run =
              [over = over_](std::span<const HostArray>, std::span<const HostArray>) {
                while (!*over) std::this_thread::yield();
              },
      });
};

TEST(Fusion, RunsGeluInOneLaunchThatMovesItsInputAndOutput) {
  Array x = random::normal({1 << 20}).eval();
  ExecutionStatistics before = execution_statistics();
  Array y = nn::gelu_approx(x).eval();
  ExecutionStatistics after = execution_statistics();
  EXPECT_EQ(after.launches - before.launches, 1u);
  uint64_t moved =
      after.bytes_read - before.bytes_read + after.bytes_written - before.bytes_written;
  EXPECT_LE(double(moved), 1.1 * double(x.nbytes() + y.nbytes()));
  double v = x[0].item<double>();
  double exact = 0.5 * v * (1 + std::tanh(0.7978845608 * (v + 0.044715 * v * v * v)));
  EXPECT_NEAR(y[0].item<double>(), exact, 1e-5);
}

TEST(Fusion, KeepsTheBits) {
  Array x = random::normal({64, 65}).eval();
  auto f = [&] {
    Array centred = x - mean(x, {-1}, true);
    return (centred * rsqrt(mean(square(centred), {-1}, true) + 1e-5) * 1.5 + 0.25)
        .to_vector<float>();
  };
  std::vector<float> fused = f();
  set_fusion_enabled(false);
  std::vector<float> apart = f();
  set_fusion_enabled(true);
  EXPECT_EQ(fused, apart);
}

TEST(Fusion, StoresWhatIsStillHeld) {
  Array x({1.0, 2.0, 3.0});
  Array doubled = x * 2;
  Array y = doubled + 1;
  ExecutionStatistics before = execution_statistics();
  y.eval();
  EXPECT_TRUE(doubled.is_evaluated());
  EXPECT_EQ(execution_statistics().launches - before.launches, 1u);
  EXPECT_EQ(doubled.to_vector<float>(), (std::vector<float>{2, 4, 6}));
}

// However long that lasts which stands in the queue.
TEST(Evaluation, DoesLittleWorkOnTheThreadThatAsks) {
  Obstacle obstacle;
  Array x = random::normal({16, 16}).eval();
  Array last = obstacle.before(x);
  async_eval({last});
  for (const Array& little :
       {x + x, matmul(x, x), softmax(x, {-1}), log_softmax(x, {-1}), logsumexp(x, {-1})}) {
    async_eval({little});
    EXPECT_TRUE(little.node()->arrived());
  }
  EXPECT_FALSE(last.node()->arrived());
  obstacle.clear();
  last.eval();
}

TEST(Evaluation, ReusesPlansWhateverTheValues) {
  auto run = [](double scale) { (Array({1.0, 2.0}) * scale + 1).eval(); };
  run(2);
  uint64_t before = execution_statistics().plans_built;
  for (int i = 0; i < 10; ++i) run(i);
  EXPECT_EQ(execution_statistics().plans_built, before);
}

TEST(Evaluation, SurvivesAChainOfAMillion) {
  BudgetScope off({0, 0});
  Array sum(0.0f);
  for (int i = 0; i < 1'000'000; ++i) sum = sum + 1;
  EXPECT_EQ(sum.item<float>(), 1e6f);
  Array dropped(0.0f);
  for (int i = 0; i < 1'000'000; ++i) dropped = dropped + 1;
}

TEST(Evaluation, FlushesWhatIsPendingWithinItsBudget) {
  BudgetScope small({100, 0});
  uint64_t before = execution_statistics().flushes;
  Array x(0.0f);
  for (int i = 0; i < 1000; ++i) x = x + 1;
  uint64_t flushes = execution_statistics().flushes - before;
  EXPECT_EQ(flushes, 10u);
  EXPECT_EQ(x.item<float>(), 1000.0f);
}

TEST(Evaluation, RunsFromFourThreadsAtOnce) {
  Array shared = random::normal({300, 300}).eval();
  std::vector<double> expected, found(4);
  auto work = [&](int i) { return sum(matmul(shared, shared) * double(i + 1)).item<double>(); };
  for (int i = 0; i < 4; ++i) expected.push_back(work(i));
  test::in_threads(4, [&](int i) {
    for (int repeat = 0; repeat < 20; ++repeat) found[size_t(i)] = work(i);
  });
  EXPECT_EQ(found, expected);
}

TEST(Evaluation, GivesTheSameBitsTwice) {
  auto run = [] {
    random::seed(11);
    Array x = random::normal({70, 90}), w = random::normal({90, 80});
    return sum(softmax(matmul(x, w), -1) * random::uniform({70, 80}), {0}).to_vector<float>();
  };
  EXPECT_EQ(run(), run());
}

TEST(Evaluation, AsyncEvalReturnsBeforeTheValueIsUsed) {
  Array x = random::normal({200, 200});
  Array y = matmul(x, x);
  async_eval({y});
  EXPECT_TRUE(y.is_evaluated());
  EXPECT_NEAR(y[0][0].item<double>(), sum(x[0] * x[{Slice{}, 0}]).item<double>(), 1e-3);
}

TEST(Memory, RefusesMoreThanTheMachineHasWithASentence) {
  try {
    (random::uniform({1 << 28, 1 << 14}) + 1).eval();
    FAIL() << "16 TiB were allocated";
  } catch (const OutOfMemory& error) {
    EXPECT_NE(std::string(error.what()).find("requested"), std::string::npos);
  }
  EXPECT_EQ((Array(1.0f) + 1).item<float>(), 2.0f);
}

TEST(Devices, UnknownOnesAreNamed) {
  std::string reason;
  EXPECT_FALSE(device_available(Device("abacus"), &reason));
  EXPECT_NE(reason.find("abacus"), std::string::npos);
}

// What runs uses other libraries, whose static objects end after the main thread's own.
TEST(EndOfProcess, WaitsForWhatRuns) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto end_while_running = [] {
    const auto slow = std::make_shared<const CustomOperation>(
        CustomOperation{.name = "slow",
                        .infer = [](InputTypes x) -> ArrayTypes {
                          return {{x[0].shape, x[0].dtype}};
                        },
                        .run =
                            [](std::span<const HostArray>, std::span<const HostArray>) {
                              std::this_thread::sleep_for(std::chrono::milliseconds(100));
                              std::fputs("has ended", stderr);
                            }});
    // Too much for the caller's thread.
    async_eval(apply_operation(slow, {ones({100000})}));
    std::exit(0);
  };
  EXPECT_EXIT(end_while_running(), testing::ExitedWithCode(0), "has ended");
}

// Three statements whose middle would be 4 MB, but is never stored.
TEST(Evaluation, TheBudgetCountsWhatWouldBeHeld) {
  BudgetScope small({4096, size_t{1} << 20});
  const Array a = random::normal({1000}).eval(), b = random::normal({1000}).eval();
  Array expected;
  for (int round = 0; round < 2; ++round) {
    const uint64_t flushes = execution_statistics().flushes;
    clear_cache();
    reset_peak_memory();
    const size_t before = memory_statistics().active_bytes;
    Array total;
    {
      Array difference = expand_dims(a, 1) - b;
      total = sum(abs(difference), 1);
    }
    total.eval();
    EXPECT_EQ(execution_statistics().flushes, flushes);
    // The second time everything that is kept from run to run is there.
    if (round == 1) {
      EXPECT_LE(memory_statistics().peak_bytes, before + 65536);
    }
    expected = total;
  }
  const std::vector<float> xs = a.to_vector<float>(), ys = b.to_vector<float>();
  double first = 0;
  for (float y : ys) first += std::abs(xs[0] - y);
  EXPECT_NEAR(expected[0].item<double>(), first, 1e-2);
}

// A view's elements in row-major order are a copy: plans that are queued read it where it was.
TEST(Evaluation, ReadingAViewLeavesWhatIsQueuedWithIt) {
  Obstacle obstacle;
  Array base = arange(200 * 300, Dtype::float32).reshape({200, 300}).eval();
  Array t = base.T().eval();
  Array last = obstacle.before(ones({1 << 16}).eval());
  async_eval({last});
  Array y = t + 0;
  async_eval({y});
  // It waits for its own array alone, which is there.
  const float* data = t.data<float>();
  EXPECT_EQ(data[1], 300);
  obstacle.clear();
  const std::vector<float> values = y.to_vector<float>();
  for (int64_t i = 0; i < 300; ++i) {
    for (int64_t j = 0; j < 200; ++j) {
      ASSERT_EQ(values[static_cast<size_t>(i * 200 + j)], static_cast<float>(j * 300 + i));
      ASSERT_EQ(data[i * 200 + j], static_cast<float>(j * 300 + i));
    }
  }
}

}  // namespace
}  // namespace lazulite
