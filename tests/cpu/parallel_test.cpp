#include "lazulite/backends/cpu/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include "lazulite/core/threads.h"

namespace lazulite::cpu {
namespace {

// Runs f where parallel loops may spread over threads, with four of them.
template <class F>
void on_executor(F f) {
  set_num_threads(4);
  std::thread([&] {
    become_executor_thread();
    f();
  }).join();
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

}  // namespace
}  // namespace lazulite::cpu
