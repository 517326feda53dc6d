// A compiled function whose run fails changes no cell.
#include <gtest/gtest.h>

#include <future>

#include "lazulite/lazulite.h"

namespace lazulite {
namespace {

/// A step that adds to a large and a small cell and fails where the label is out of range.
struct Counter {
  Cell weights{full({300, 300}, 1.0f), "weights"};
  Cell steps{Array(0.0f), "steps"};
  CompiledFunction step{[this](const Arrays& given) {
    Array picked = take(Array({1.0, 2.0, 3.0}), given[0], 0);
    weights = weights.get() + sum(picked);
    steps = steps.get() + 1;
    return Arrays{sum(weights.get())};
  }};

  Array operator()(int label) { return step({Array({label})})[0]; }
  double weight() { return weights.get()[0][0].item<double>(); }
  double count() { return steps.get().item<double>(); }
};

// Holds the queue until it is released, so that what is submitted meanwhile cannot have run.
class HeldQueue {
 public:
  HeldQueue() {
    std::shared_ptr<const CustomOperation> wait(new CustomOperation{
        .name = "wait",
        .infer = [](InputTypes x) -> ArrayTypes {
          return {{x[0].shape, x[0].dtype}};
        },
        .run = [open = open_.get_future().share()](auto&&...) { open.wait(); }});
    // Too large to run on the calling thread.
    Array large = zeros({1 << 16}).eval();
    async_eval({apply_operation(wait, {large})[0]});
  }
  ~HeldQueue() { release(); }
  void release() {
    if (!std::exchange(released_, true)) open_.set_value();
  }

 private:
  std::promise<void> open_;
  bool released_ = false;
};

TEST(CompileFailures, ABadStepInTheMiddleLeavesTheLastGoodValues) {
  Counter counter;
  for (int i = 0; i < 3; ++i) counter(0);
  synchronize();
  HeldQueue queue;
  Array bad = counter(7);
  std::vector<Array> behind;
  // Devices have queues of their own, which nobody holds: there the next call may tell already.
  const bool held = !backend_of(default_device()).asynchronous();
  try {
    for (int i = 0; i < 2; ++i) behind.push_back(counter(1));
  } catch (const IndexError&) {
    EXPECT_FALSE(held);
  }
  queue.release();
  EXPECT_THROW(bad.eval(), IndexError);
  // What stood behind it carries the error; the cells are as before the bad step.
  for (const Array& array : behind) EXPECT_THROW(array.eval(), IndexError);
  EXPECT_EQ(counter.count(), 3);
  EXPECT_EQ(counter.weight(), 4);
  counter(2);
  EXPECT_EQ(counter.count(), 4);
  EXPECT_EQ(counter.weight(), 7);
}

TEST(CompileFailures, AreRaisedByTheNextCallIfNobodyHasLooked) {
  Counter counter;
  counter(0).eval();
  counter(5);
  synchronize();
  EXPECT_THROW(counter(0), IndexError);
  counter(0).eval();
  EXPECT_EQ(counter.count(), 2);
}

TEST(CompileFailures, AreRaisedAtACellsValue) {
  Counter counter;
  counter(0);
  counter(-4);
  EXPECT_THROW(counter.weights.get().eval(), IndexError);
  EXPECT_EQ(counter.weight(), 2);
  EXPECT_EQ(counter.count(), 1);
}

TEST(CompileFailures, AnArrayTakenFromACellBeforeCarriesTheError) {
  Counter counter;
  counter(0);
  synchronize();
  HeldQueue queue;
  Array bad = counter(9);
  Array taken = counter.weights.get();
  queue.release();
  EXPECT_THROW(bad.eval(), IndexError);
  EXPECT_THROW(taken.eval(), IndexError);
  EXPECT_EQ(counter.weight(), 2);
}

TEST(CompileFailures, OfAnArgumentLeaveTheCells) {
  Counter counter;
  counter(0).eval();
  Array label = take(Array({0, 1}), Array({17}), 0);
  async_eval({label});
  EXPECT_THROW(
      {
        Array result = counter.step({label})[0];
        result.eval();
      },
      IndexError);
  EXPECT_EQ(counter.count(), 1);
  EXPECT_EQ(counter.weight(), 2);
  counter(0);
  EXPECT_EQ(counter.weight(), 3);
}

TEST(CompileFailures, OfAnEmptyCellLeaveItEmpty) {
  Cell moment;
  CompiledFunction f([&](const Arrays& given) {
    Array picked = take(Array({1.0, 2.0}), given[0], 0);
    moment = moment.has_value() ? moment.get() + picked : picked;
    return Arrays{picked};
  });
  EXPECT_THROW(f({Array({3})})[0].eval(), IndexError);
  EXPECT_FALSE(moment.has_value());
  f({Array({1})});
  EXPECT_EQ(moment.get().item<float>(), 2.0f);
}

TEST(CompileFailures, APuttingBetweenWins) {
  Counter counter;
  Array bad = counter(9);
  counter.steps = Array(40.0f);
  EXPECT_THROW(bad.eval(), IndexError);
  EXPECT_EQ(counter.count(), 40);
  counter(0).eval();
  EXPECT_EQ(counter.count(), 41);
}

TEST(CompileFailures, OfMemoryLeaveBothOfTwoCells) {
  if (&backend_of(default_device()).memory() != &host_memory()) {
    GTEST_SKIP() << "the limit is the host's";
  }
  Cell a(full({64, 64}, 1.0f)), b(full({64, 64}, 2.0f));
  a.get().eval(), b.get().eval();
  CompiledFunction f([&](const Arrays&) {
    a = a.get() + 1;
    b = broadcast_to(sum(b.get()), {4096, 4096}) + b.get()[0][0];
    return Arrays{};
  });
  size_t limit = memory_limit();
  clear_cache();
  set_memory_limit(memory_statistics().active_bytes + (size_t{1} << 20));
  EXPECT_THROW(f({}), OutOfMemory);
  set_memory_limit(limit);
  EXPECT_EQ(a.get()[3][3].item<float>(), 1.0f);
  EXPECT_EQ(b.get()[3][3].item<float>(), 2.0f);
  f({});
  EXPECT_EQ(a.get()[3][3].item<float>(), 2.0f);
}

}  // namespace
}  // namespace lazulite
