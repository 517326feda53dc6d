// The device's allocator, its copies and its queue, over a driver that only pretends to have a GPU.
#include "lazulite/backends/cuda/runtime/memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <set>

#include "fake_gpu.h"
#include "lazulite/backends/cuda/runtime/queue.h"
#include "lazulite/core/errors.h"

namespace lazulite::test {
namespace {

TEST(CudaMemory, KeepsWhatIsReleasedForTheNext) {
  cuda::DeviceMemory memory(fake_device());
  void* first = memory.allocate(1000);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(first) % 64, 0u);
  memory.release(first, 1000);
  EXPECT_EQ(memory.statistics().active_bytes, 0u);
  EXPECT_GE(memory.statistics().cached_bytes, 1000u);
  EXPECT_EQ(memory.allocate(1001), first);
  EXPECT_EQ(memory.statistics().system_allocations, 1u);
  EXPECT_EQ(memory.statistics().requests, 2u);
  memory.release(first, 1001);
  memory.trim();
  EXPECT_EQ(memory.statistics().cached_bytes, 0u);
}

TEST(CudaMemory, GivesWhatItKeepsBackBeforeItSaysNo) {
  cuda::DeviceMemory memory(fake_device());
  constexpr size_t most = size_t{40} << 20;
  memory.release(memory.allocate(most), most);
  void* other = memory.allocate(most + (size_t{8} << 20));
  EXPECT_EQ(memory.statistics().cached_bytes, 0u);
  try {
    memory.allocate(most);
    ADD_FAILURE() << "there cannot be so much";
  } catch (const OutOfMemory& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("bytes are not to be had"));
    EXPECT_THAT(error.what(), testing::HasSubstr("are in use"));
    EXPECT_THAT(error.what(), testing::HasSubstr("kept for reuse"));
    EXPECT_THAT(error.what(), testing::HasSubstr("Fake GPU"));
  }
  memory.release(other, most + (size_t{8} << 20));
  memory.trim();
}

TEST(CudaMemory, HasALimit) {
  cuda::DeviceMemory memory(fake_device());
  memory.set_limit(1 << 20);
  memory.release(memory.allocate(700'000), 700'000);
  void* pointer = memory.allocate(500'000);
  EXPECT_THROW(memory.allocate(700'000), OutOfMemory);
  memory.release(pointer, 500'000);
  memory.trim();
}

TEST(CudaMemory, CopiesAnyNumberOfBytes) {
  cuda::DeviceMemory memory(fake_device());
  for (size_t bytes : {size_t{0}, size_t{1}, size_t{4} << 20, (size_t{9} << 20) + 3}) {
    std::vector<unsigned char> there(bytes), back(bytes);
    std::iota(there.begin(), there.end(), 1);
    void* pointer = memory.allocate(bytes);
    memory.copy_from_host(pointer, there.data(), bytes);
    memory.copy_to_host(back.data(), pointer, bytes);
    EXPECT_EQ(there, back) << bytes;
    memory.release(pointer, bytes);
  }
  memory.trim();
}

TEST(CudaMemory, KeepsTwinsOfSmallBlocks) {
  cuda::DeviceMemory memory(fake_device());
  void *small = memory.allocate(40), *large = memory.allocate(cuda::SmallBlocks::most_bytes + 1);
  EXPECT_EQ(memory.twin_of(large), nullptr);
  int* const twin = static_cast<int*>(memory.twin_of(small));
  ASSERT_NE(twin, nullptr);
  EXPECT_NE(twin, small);
  // What the host reads after a run is the device's, and the wish is noted; then the twin's.
  const auto wishes = std::make_shared<cuda::Wishes>(0);
  constexpr int bit = 5;
  *static_cast<int*>(small) = 1;
  *twin = 2;
  auto read = [&](size_t copied) {
    const cuda::DeviceMemory::Written written{small, copied, bit};
    memory.note_written({&written, 1}, wishes);
    int value = 0;
    memory.copy_to_host(&value, small, sizeof(value));
    return value;
  };
  EXPECT_EQ(read(0), 1);
  EXPECT_EQ(wishes->load(), uint64_t{1} << bit);
  wishes->store(0);
  EXPECT_EQ(read(2), 1);
  EXPECT_EQ(wishes->load(), uint64_t{1} << bit);
  EXPECT_EQ(read(4), 2);
  // What comes from the host has nothing in the twin.
  const int three = 3;
  memory.copy_from_host(small, &three, sizeof(three));
  int value = 0;
  memory.copy_to_host(&value, small, sizeof(value));
  EXPECT_EQ(value, three);
  memory.release(small, 40);
  memory.release(large, cuda::SmallBlocks::most_bytes + 1);
  memory.trim();
  EXPECT_EQ(memory.statistics().cached_bytes, 0u);
  EXPECT_EQ(memory.statistics().active_bytes, 0u);
}

TEST(CudaMemory, GivesSlabsBackOnceNoneOfTheirBlocksIsInUse) {
  cuda::DeviceMemory memory(fake_device());
  std::vector<void*> blocks;
  for (int i = 0; i < 2000; ++i) blocks.push_back(memory.allocate(512));
  EXPECT_LE(memory.statistics().system_allocations, 4u);
  std::set<void*> different(blocks.begin(), blocks.end());
  EXPECT_EQ(different.size(), blocks.size());
  void* const last = blocks.back();
  blocks.pop_back();
  for (void* block : blocks) memory.release(block, 512);
  memory.trim();
  EXPECT_LE(memory.statistics().cached_bytes, cuda::SmallBlocks::slab_bytes);
  EXPECT_EQ(memory.statistics().active_bytes, 512u);
  EXPECT_NE(memory.twin_of(last), nullptr);
  memory.release(last, 512);
  memory.trim();
  EXPECT_EQ(memory.statistics().cached_bytes, 0u);
}

class Work final : public cuda::Queued {
 public:
  explicit Work(int* done) : done_(done) {}
  void launch(CUstream, std::span<void* const>, const cuda::StreamPlaces&) override {
    if (++*done_ == 3) throw Error("the third cannot be launched");
  }
  size_t check_count() const override { return 0; }
  void reject(size_t, int64_t) const override { throw IndexError("rejected"); }

 private:
  int* done_;
};

TEST(CudaQueue, ReachesItsMarksAndHandsFailuresOn) {
  // Its thread does not end.
  auto* memory = new cuda::DeviceMemory(fake_device());
  static const int owner = 0;
  auto* queue = new cuda::Queue(fake_device(), *memory, &owner);
  int launched = 0;
  Work work(&launched);
  MarkPtr first = queue->add(work, {}, {});
  MarkPtr second = queue->add(work, {}, {&first, 1});
  await(*second);
  EXPECT_TRUE(first->reached());
  EXPECT_EQ(first->backend, &owner);
  EXPECT_FALSE(second->failure());
  EXPECT_THROW(queue->add(work, {}, {&second, 1}), Error);
  EXPECT_EQ(launched, 3);
}

}  // namespace
}  // namespace lazulite::test
