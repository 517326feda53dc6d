#include "lazulite/data/prefetcher.h"

#include <gtest/gtest.h>

#include <future>

#include "data/made_files.h"

namespace lazulite::data {
namespace {

Batch numbered(uint64_t number) {
  const Array array(std::vector<uint64_t>{number}, {1});
  return {array, array};
}

uint64_t take(Prefetcher& prefetcher) { return prefetcher.take().labels.item<uint64_t>(); }

TEST(Prefetcher, DropsWhatWasBegunBeforeARestart) {
  std::promise<void> begun, released;
  Prefetcher prefetcher(
      [&](uint64_t number) {
        if (number == 1) {
          begun.set_value();
          released.get_future().wait();
        }
        return numbered(number);
      },
      1, 1);
  EXPECT_EQ(take(prefetcher), 0u);
  begun.get_future().wait();
  prefetcher.restart(5);
  released.set_value();
  EXPECT_EQ(take(prefetcher), 5u);
  EXPECT_EQ(take(prefetcher), 6u);
}

TEST(Prefetcher, StaysWithinItsDepth) {
  constexpr int depth = 3;
  std::mutex mutex;
  uint64_t furthest = 0;
  Prefetcher prefetcher(
      [&](uint64_t number) {
        std::lock_guard lock(mutex);
        furthest = std::max(furthest, number);
        return numbered(number);
      },
      4, depth);
  for (uint64_t number = 0; number < 200; ++number) {
    EXPECT_EQ(take(prefetcher), number);
    // Batches number + 1 to number + depth may be made, no further one.
    std::lock_guard lock(mutex);
    EXPECT_LE(furthest, number + depth);
  }
}

TEST(Prefetcher, GoesOnAfterAnError) {
  for (int workers : {0, 2}) {
    Prefetcher prefetcher(
        [](uint64_t number) {
          if (number == 1) throw Error("batch 1 is broken");
          return numbered(number);
        },
        workers, 2);
    EXPECT_EQ(take(prefetcher), 0u);
    EXPECT_EQ(error_of([&] { take(prefetcher); }), "batch 1 is broken");
    EXPECT_EQ(take(prefetcher), 2u);
  }
}

}  // namespace
}  // namespace lazulite::data
