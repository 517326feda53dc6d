#include "lazulite/backends/cpu/parallel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "lazulite/core/threads.h"
#include "support/threads.h"

namespace lazulite::cpu {
namespace {

// Runs f where parallel loops may spread over threads, with four of them.
template <class F>
void on_executor(F f) {
  set_num_threads(4);
  test::in_threads(1, [&](int) {
    become_executor_thread();
    f();
  });
  set_num_threads(0);
}

TEST(ParallelFor, CoversTheRangeOnce) {
  on_executor([] {
    std::vector<std::atomic<int>> visits(1003);
    parallel_for(1003, 10, [&](int64_t begin, int64_t end, int) {
      for (int64_t i = begin; i < end; ++i) ++visits[static_cast<size_t>(i)];
    });
    for (const std::atomic<int>& count : visits) EXPECT_EQ(count, 1);
  });
}

TEST(ParallelFor, ThrowsWhatAPartThrowsOnceAllHaveEnded) {
  on_executor([] {
    for (int thrower = 0; thrower < 4; ++thrower) {
      std::atomic<int> ended{0};
      auto body = [&](int64_t, int64_t, int worker) {
        ++ended;
        if (worker == thrower) throw std::runtime_error("part");
      };
      EXPECT_THROW(parallel_for(4, 1, body), std::runtime_error);
      EXPECT_EQ(ended, 4);
    }
  });
}

// A worker that comes late is simulated by one that sleeps.
TEST(ParallelParts, RunBriefOnesOnTheCallerWhileWorkersComeLate) {
  on_executor([] {
    const std::thread::id caller = std::this_thread::get_id();
    const auto late = [&](int64_t, int64_t, int) {
      if (std::this_thread::get_id() == caller) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    };
    bool alone = false;
    // The pause may be over before the next loop where the machine is busy.
    for (int tries = 0; tries < 100 && !alone; ++tries) {
      parallel_parts(4, 4, /*brief=*/true, late);
      std::vector<int64_t> begins;
      std::mutex mutex;
      alone = true;
      parallel_parts(8, 4, /*brief=*/true, [&](int64_t begin, int64_t end, int worker) {
        std::lock_guard lock(mutex);
        alone &= std::this_thread::get_id() == caller;
        EXPECT_EQ(end - begin, 2);
        EXPECT_EQ(begin, 2 * worker);
        begins.push_back(begin);
      });
      EXPECT_THAT(begins, testing::UnorderedElementsAre(0, 2, 4, 6));
    }
    EXPECT_TRUE(alone);
  });
}

}  // namespace
}  // namespace lazulite::cpu
