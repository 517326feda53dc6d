// Children that are forked while work is in flight.
#include "lazulite/core/fork.h"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "lazulite/ops/custom.h"
#include "stress/stress.h"
#include "support/sanitizers.h"

namespace lazulite::stress {
namespace {

using Forks = StressTest;

bool same(const Array& got, const Array& expected) {
  return got.to_vector<float>() == expected.to_vector<float>();
}

// What `child` returns in a child process; the child is ended if it hangs.
bool in_child(const std::function<bool()>& child) {
  pid_t pid = fork();
  if (pid == 0) {
    alarm(20);
    bool good = false;
    try {
      good = child();
    } catch (...) {
    }
    _exit(good ? 0 : 1);
  }
  int status = 0;
  EXPECT_EQ(waitpid(pid, &status, 0), pid);
  EXPECT_FALSE(WIFSIGNALED(status)) << "signal " << WTERMSIG(status);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST_F(Forks, ReadWhatWasScheduledAndComputeFurther) {
  Array x = whole_numbers({120, 120}, 1);
  Array expected = heavy(x).eval(), further = (expected * 3).eval();
  for (int round = 0; round < rounds(10); ++round) {
    Array scheduled = heavy(x);
    async_eval({scheduled});
    EXPECT_TRUE(
        in_child([&] { return same(scheduled, expected) && same(scheduled * 3, further); }));
    expect_same(scheduled, expected);
  }
}

TEST_F(Forks, HappenWhileOtherThreadsCompute) {
  if (!test::forks_beside_threads) GTEST_SKIP() << test::locks_of_the_sanitizer;
  Array x = whole_numbers({100, 100}, 2);
  Array expected = heavy(x).eval();
  std::atomic<bool> stop{false};
  std::thread other([&] {
    while (!stop) expect_same(heavy(x), expected);
  });
  for (int round = 0; round < rounds(10); ++round) {
    EXPECT_TRUE(in_child([&] { return same(heavy(x), expected); }));
  }
  stop = true;
  other.join();
}

// Of compiled functions that are new: the libraries that make their kernels have locks.
TEST_F(Forks, HappenWhileOtherThreadsMakePlans) {
  auto plans = [](int64_t size) {
    const auto product = compile([](Array a) -> Array { return matmul(a, a); });
    const auto images = compile([](Array a) -> Array { return conv2d(a, ones({4, 3, 3, 3})); });
    return sum(product(ones({size, size}))).item<float>() == float(size * size * size) &&
           min(images(ones({1, size, 16, 3}))).item<float>() == 27;
  };
  std::atomic<bool> stop{false};
  std::vector<std::thread> others;
  for (int64_t first : {40, 41}) {
    others.emplace_back([&, first] {
      for (int64_t size = first; !stop; size = size > 120 ? first : size + 2) {
        EXPECT_TRUE(plans(size));
      }
    });
  }
  for (int round = 0; round < rounds(30); ++round) {
    EXPECT_TRUE(in_child([&] { return plans(30 + round % 8); })) << round;
  }
  stop = true;
  for (std::thread& other : others) other.join();
}

TEST_F(Forks, GiveChildrenThatUseTwoThreads) {
  Array x = whole_numbers({100, 100}, 3);
  Array expected = heavy(x).eval();
  for (int round = 0; round < rounds(6); ++round) {
    Array scheduled = heavy(x), shared = heavy(x) + 1;
    async_eval({scheduled});
    EXPECT_TRUE(in_child([&] {
      std::atomic<int> good{0};
      together(2, [&](int) {
        good += same(scheduled, expected) && same(shared, expected + 1) && same(heavy(x), expected);
      });
      return good == 2;
    }));
  }
}

// Locks that are held for moments only: other threads go on taking them while children that need
// them are made.
TEST_F(Forks, FindNoLockHeld) {
  if (!test::forks_beside_threads) GTEST_SKIP() << test::locks_of_the_sanitizer;
  struct Use {
    const char* name;
    std::function<void()> work;
    std::function<bool()> child;
  };
  Array x = ones({4, 8}).eval();
  nn::Linear net(8, 8);
  optim::Adam adam(0.1);
  const auto doubled = compile([](Array a) -> Array { return a * 2 + 1; });
  const nn::NamedArrays gradients{{"weight", ones({8, 8})}, {"bias", ones({8})}};
  const auto update = [&] { adam.update(net, gradients); };
  update();
  const std::vector<Use> uses = {
      {"modules", [] { nn::Linear made(2, 2); },
       [] { return nn::Linear(2, 3).parameters().size() == 2; }},
      {"states of optimizers", [&] { (void)adam.state(); },
       [&] { return adam.state().size() == 6; }},
      {"steps of optimizers", update, [&] { return update(), adam.step().item<int>() > 1; }},
      {"compiled calls", [&] { doubled(x); }, [&] { return sum(doubled(x)).item<float>() == 96; }},
      {"devices", [] { (void)Device("reference"); },
       [] { return Device("reference").name() == "reference"; }},
      {"backends", [] { (void)device_available(Device("none")); },
       [] { return device_available(Device("reference")); }},
      {"transforms", [&] { lazulite::fft(x, 5).eval(); },
       [&] { return sum(abs(lazulite::fft(x, 5))).item<float>() > 19; }},
      {"plans", [&] { exp(ones({3}) * 0).eval(); },
       [] { return sum(exp(ones({3}) * 0)).item<float>() == 3; }},
  };
  for (const Use& use : uses) {
    std::atomic<bool> stop{false};
    std::vector<std::thread> others;
    for (int i = 0; i < 2; ++i) {
      others.emplace_back([&] {
        while (!stop) use.work();
      });
    }
    for (int round = 0; round < rounds(25); ++round) {
      if (in_child(use.child)) continue;
      ADD_FAILURE() << use.name << ", child " << round;
      break;
    }
    stop = true;
    for (std::thread& other : others) other.join();
  }
}

// On the executor's thread, while somebody else waits for it in order to fork.
TEST_F(Forks, HappenInsideAnOperationAndBesideIt) {
  if (!test::forks_beside_threads) GTEST_SKIP() << test::locks_of_the_sanitizer;
  std::atomic<bool> inside{false}, other{false};
  std::atomic<int> good{0};
  auto operation = std::make_shared<CustomOperation>(CustomOperation{
      .name = "forking",
      .infer =
          [](InputTypes in) {
            return ArrayTypes{{in[0].shape, in[0].dtype}};
          },
      .run =
          [&](std::span<const HostArray> in, std::span<const HostArray> out) {
            inside = true;
            while (!other) std::this_thread::yield();
            if (!is_forked_child()) {
              std::this_thread::sleep_for(std::chrono::milliseconds(20));
              good += in_child([] { return true; });
            }
            std::copy_n(in[0].elements<float>(), element_count(in[0].shape),
                        out[0].elements<float>());
          },
  });
  auto plain = std::make_shared<CustomOperation>(CustomOperation{
      .name = "plain",
      .infer = operation->infer,
      .run =
          [](std::span<const HostArray> in, std::span<const HostArray> out) {
            std::copy_n(in[0].elements<float>(), element_count(in[0].shape),
                        out[0].elements<float>());
          },
  });
  // A child of the other thread has neither the executor nor what it was in the midst of.
  const Array given = full({1000}, 7).eval();
  const auto computes = [&] {
    return in_child([&] { return sum(ones({3}) + 1).item<float>() == 6; }) &&
           same(apply_operation(operation, {given})[0], given);
  };
  // What another thread does while the operation stands still.
  const auto beside_operation = [&](int round, const std::function<void()>& act) {
    inside = other = false;
    together(2, [&](int i) {
      if (i == 0) {
        const Array x = full({1000}, round).eval();
        return expect_same(apply_operation(operation, {x})[0], x);
      }
      while (!inside) std::this_thread::yield();
      other = true;
      act();
    });
  };
  for (int round = 0; round < rounds(5); ++round) {
    good = 0;
    beside_operation(round, [&] { good += in_child(computes); });
    EXPECT_EQ(good, 2);
    // Another has so much behind the operation that it waits for room.
    good = 1;
    beside_operation(round, [&] {
      Array x = given;
      for (int k = 0; k < 8; ++k) async_eval({x = apply_operation(plain, {x})[0] + 1});
      expect_same(x, given + 8);
    });
    EXPECT_EQ(good, 2);
  }
  EXPECT_EQ(sum(ones({300, 300}) + 1).item<float>(), 180000);
}

}  // namespace
}  // namespace lazulite::stress
