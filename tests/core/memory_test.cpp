#include "lazulite/core/memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include "lazulite/core/buffer.h"
#include "lazulite/core/errors.h"
#include "lazulite/ops/ops.h"
#include "support/threads.h"

namespace lazulite {
namespace {

constexpr size_t mib = size_t{1} << 20;

size_t held() {
  const MemoryStatistics now = memory_statistics();
  return now.active_bytes + now.cached_bytes;
}

// Runs that fail give memory back, the first before the last that was given it.
TEST(Buffers, BelongToTheLastGoodWriterAgain) {
  for (uint64_t last : {2, 3, 5}) {
    Ref<Buffer> buffer(new Buffer(64));
    for (uint64_t run = 1; run <= last; ++run) EXPECT_EQ(buffer->give_to(run), run - 1);
    for (uint64_t run = 2; run <= last; ++run) buffer->take_back(run, run - 1);
    EXPECT_EQ(buffer->writer(), 1u) << last;
  }
}

class HostMemory : public testing::Test {
 protected:
  HostMemory() { clear_cache(); }
  ~HostMemory() override {
    set_memory_limit(limit_);
    set_cache_limit(cache_limit_);
  }
  // A limit that leaves so much beside what is live now.
  static void leave(size_t bytes) { set_memory_limit(memory_statistics().active_bytes + bytes); }

  size_t limit_ = memory_limit();
  size_t cache_limit_ = set_cache_limit(size_t{1} << 30);
};

TEST_F(HostMemory, CachedBlocksGiveWayToTheLimit) {
  for (size_t size : {3 * mib, 2 * mib, mib}) {
    host_memory().release(host_memory().allocate(size), size);
  }
  const size_t live = memory_statistics().active_bytes;
  EXPECT_EQ(memory_statistics().cached_bytes, 6 * mib);
  // A lower limit trims at once, the largest first.
  set_memory_limit(live + 3 * mib);
  EXPECT_EQ(memory_statistics().cached_bytes, 3 * mib);
  // Only as much as a request needs.
  void* block = host_memory().allocate(2 * mib + mib / 2);
  EXPECT_EQ(memory_statistics().active_bytes, live + 2 * mib + mib / 2);
  EXPECT_LE(held(), memory_limit());
  host_memory().release(block, 2 * mib + mib / 2);
  EXPECT_LE(held(), memory_limit());
}

// What was cached under a higher limit may not be handed out past a lower one.
TEST_F(HostMemory, ACachedBlockIsNoWayPastTheLimit) {
  host_memory().release(host_memory().allocate(mib), mib);
  leave(mib / 2);
  EXPECT_THROW(host_memory().allocate(mib), OutOfMemory);
  EXPECT_LE(held(), memory_limit());
}

TEST_F(HostMemory, ALimitBelowWhatIsLiveStopsRequestsUntilEnoughIsReleased) {
  void* first = host_memory().allocate(4 * mib);
  const size_t others = memory_statistics().active_bytes - 4 * mib;
  set_memory_limit(others + 2 * mib);
  EXPECT_THROW(host_memory().allocate(1), OutOfMemory);
  host_memory().release(first, 4 * mib);
  // The released block does not fit into the cache either.
  EXPECT_EQ(memory_statistics().active_bytes, others);
  EXPECT_LE(held(), memory_limit());
  void* second = host_memory().allocate(2 * mib);
  EXPECT_THROW(host_memory().allocate(1), OutOfMemory);
  host_memory().release(second, 2 * mib);
}

TEST_F(HostMemory, AbsurdRequestsAreRefused) {
  const size_t before = memory_statistics().active_bytes;
  for (size_t bytes : {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2 + 1, size_t{1} << 62,
                       (size_t{1} << 62) + 1, size_t{1} << 50}) {
    EXPECT_THROW(host_memory().allocate(bytes), OutOfMemory) << bytes;
    set_memory_limit(SIZE_MAX);
    EXPECT_THROW(host_memory().allocate(bytes), OutOfMemory) << bytes;
    set_memory_limit(limit_);
  }
  EXPECT_EQ(memory_statistics().active_bytes, before);
}

// Blocks are as large as asked for and never shared, for sizes around every class's ends.
TEST_F(HostMemory, EverySizeGetsABlockOfItsOwn) {
  const size_t before = memory_statistics().active_bytes;
  std::vector<std::pair<unsigned char*, size_t>> blocks;
  for (size_t round = 0; round < 2; ++round) {
    for (size_t base = 64; base <= 4 * mib; base *= 2) {
      for (size_t eighth = 8; eighth <= 16; ++eighth) {
        for (size_t off : {0, 1, 2}) {
          const size_t size = base / 8 * eighth + off - 1;
          auto* block = static_cast<unsigned char*>(host_memory().allocate(size));
          EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % 64, 0u);
          std::memset(block, static_cast<int>(blocks.size() % 251), size);
          blocks.emplace_back(block, size);
        }
      }
    }
    size_t asked = 0;
    for (size_t i = 0; i < blocks.size(); ++i) {
      auto [block, size] = blocks[i];
      asked += size;
      ASSERT_TRUE(std::all_of(block, block + size, [&](unsigned char c) { return c == i % 251; }));
    }
    const size_t live = memory_statistics().active_bytes - before;
    EXPECT_GE(live, asked);
    EXPECT_LE(live, asked + asked / 8 + blocks.size() * 64);
    for (auto [block, size] : blocks) host_memory().release(block, size);
    blocks.clear();
    EXPECT_EQ(memory_statistics().active_bytes, before);
  }
}

TEST_F(HostMemory, StatisticsAreExactAndTheLimitIsHeldAmongThreads) {
  const MemoryStatistics before = memory_statistics();
  leave(8 * mib);
  std::atomic<uint64_t> requests = 0, passed = 0;
  std::jthread watcher([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const MemoryStatistics now = memory_statistics();
      if (now.active_bytes + now.cached_bytes > before.active_bytes + 8 * mib) ++passed;
    }
  });
  test::in_threads(4, [&](int seed) {
    std::mt19937 random(static_cast<unsigned>(seed));
    std::vector<std::pair<void*, size_t>> blocks;
    for (int i = 0; i < 5000; ++i) {
      if (blocks.size() > 6 || (!blocks.empty() && random() % 2)) {
        std::swap(blocks[random() % blocks.size()], blocks.back());
        host_memory().release(blocks.back().first, blocks.back().second);
        blocks.pop_back();
      } else {
        const size_t size = random() % mib;
        ++requests;
        try {
          void* block = host_memory().allocate(size);
          std::memset(block, 1, std::min<size_t>(size, 64));
          blocks.emplace_back(block, size);
        } catch (const OutOfMemory&) {
        }
      }
    }
    for (auto [block, size] : blocks) host_memory().release(block, size);
  });
  watcher.request_stop();
  watcher.join();
  EXPECT_EQ(passed, 0u);
  EXPECT_EQ(memory_statistics().active_bytes, before.active_bytes);
  EXPECT_EQ(memory_statistics().requests, before.requests + requests);
}

TEST_F(HostMemory, ArraysThatDoNotFitAreAnErrorAndLeaveRoom) {
  const size_t before = memory_statistics().active_bytes;
  leave(2 * mib);
  {
    Array small = ones({mib / 8});
    EXPECT_THROW((ones({mib}) + 1.0f).eval(), OutOfMemory);
    EXPECT_EQ(sum(small).item<float>(), static_cast<float>(mib / 8));
  }
  EXPECT_LE(held(), memory_limit());
  EXPECT_LE(memory_statistics().active_bytes, before + mib);
}

// Memory without a deleter stays the caller's: it is neither written into nor freed.
TEST(AdoptedMemory, NeedsNoDeleter) {
  std::vector<float> memory(100000, 3.0f);
  {
    Array x = Array::from_buffer(memory.data(), {100000}, Dtype::float32, nullptr);
    x = std::move(x) + 1;
    EXPECT_EQ(x.to_vector<float>()[99999], 4.0f);
  }
  EXPECT_EQ(memory[7], 3.0f);
  EXPECT_THROW(Array::from_buffer(nullptr, {3}, Dtype::float32, nullptr), Error);
  uint8_t bytes[] = {0, 1, 2};
  EXPECT_EQ(Array::from_buffer(bytes, {2}, Dtype::bool_, nullptr).to_vector<bool>()[1], true);
  EXPECT_THROW(Array::from_buffer(bytes, {3}, Dtype::bool_, nullptr), ValueError);
  EXPECT_EQ(Array::from_buffer(nullptr, {0, 3}, Dtype::float32, nullptr).size(), 0);
}

}  // namespace
}  // namespace lazulite
