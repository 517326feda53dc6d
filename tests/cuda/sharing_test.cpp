// How work on the device is ordered with that of other libraries, over a driver that only pretends
// to have a GPU and notes which streams wait for which.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_gpu.h"
#include "lazulite/backends/cuda/runtime/compiler.h"
#include "lazulite/backends/cuda/runtime/memory.h"
#include "lazulite/backends/cuda/runtime/queue.h"
#include "lazulite/core/errors.h"

namespace lazulite::test {
namespace {

int waits(CUstream waiter, CUstream other) {
  static auto* function = of_fake_driver<int(CUstream, CUstream)>("fake_cuda_waits");
  return function(waiter, other);
}
int synchronizations() { return of_fake_driver<int()>("fake_cuda_synchronizations")(); }
void hold(bool yes) { of_fake_driver<void(bool)>("fake_cuda_hold")(yes); }

// Another library's.
constexpr int64_t number = 0x7000;
CUstream theirs() { return reinterpret_cast<CUstream>(number); }

class Work final : public cuda::Queued {
 public:
  void launch(CUstream stream, std::span<void* const>, const cuda::StreamPlaces&) override {
    ours = stream;
  }
  size_t check_count() const override { return 0; }
  void reject(size_t, int64_t) const override { throw IndexError("rejected"); }
  CUstream ours = nullptr;
};

class CudaSharing : public testing::Test {
 protected:
  void run() { await(*queue.add(work, {}, {})); }

  // Their threads do not end.
  cuda::DeviceMemory& memory = *new cuda::DeviceMemory(fake_device());
  cuda::Queue& queue = *new cuda::Queue(fake_device(), memory, this);
  Work work;
};

TEST_F(CudaSharing, NamesTheDeviceAsOthersDo) {
  DeviceSharing* sharing = static_cast<MemorySpace&>(memory).sharing();
  ASSERT_TRUE(sharing);
  EXPECT_EQ(sharing->device_type(), 2);
  EXPECT_EQ(sharing->device_index(), 0);
  auto* block = static_cast<std::byte*>(memory.allocate(10'000));
  EXPECT_EQ(sharing->device_of(block), 0);
  EXPECT_EQ(sharing->device_of(block + 9'999), 0);
  int on_host = 0;
  EXPECT_EQ(sharing->device_of(&on_host), -1);
  memory.release(block, 10'000);
}

TEST_F(CudaSharing, WhatIsLentComesBehindTheWorkThatMakesIt) {
  hold(true);
  MarkPtr mark = queue.add(work, {}, {});
  memory.lend(number, mark);
  EXPECT_EQ(waits(theirs(), work.ours), 1);
  memory.lend(std::nullopt, mark);
  EXPECT_EQ(waits(CU_STREAM_LEGACY, work.ours), 1);
  memory.lend(2, mark);
  EXPECT_EQ(waits(CU_STREAM_PER_THREAD, work.ours), 1);
  memory.lend(DeviceSharing::no_order, mark);
  EXPECT_EQ(waits(nullptr, work.ours), 3);
  hold(false);
  await(*mark);
  memory.lend(number, mark);
  EXPECT_EQ(waits(nullptr, work.ours), 3);
}

TEST_F(CudaSharing, WhatIsLentComesBehindCopiesFromTheHost) {
  std::string reason;
  if (!cuda::compiler_available(&reason)) GTEST_SKIP() << reason;
  run();
  const int before = waits(theirs(), work.ours);
  // So little waits for the next run otherwise.
  void* block = memory.allocate(4);
  const int value = 7;
  memory.copy_from_host(block, &value, sizeof(value));
  memory.lend(number, nullptr);
  EXPECT_EQ(waits(theirs(), work.ours), before + 1);
  memory.lend(number, nullptr);
  EXPECT_EQ(waits(theirs(), work.ours), before + 1);
  std::vector<int> many(10'000);
  void* large = memory.allocate(40'000);
  const int all = waits(theirs(), nullptr);
  memory.copy_from_host(large, many.data(), 40'000);
  memory.lend(number, nullptr);
  EXPECT_EQ(waits(theirs(), nullptr), all + 1);
  memory.release(block, 4);
  memory.release(large, 40'000);
}

TEST_F(CudaSharing, RunsComeBehindWhatIsBorrowed) {
  run();
  const int before = waits(work.ours, nullptr);
  const int behind = waits(nullptr, theirs());
  memory.borrow(number);
  EXPECT_EQ(waits(nullptr, theirs()), behind + 1);
  run();
  EXPECT_EQ(waits(work.ours, nullptr), before + 1);
  run();
  EXPECT_EQ(waits(work.ours, nullptr), before + 1);
}

TEST_F(CudaSharing, NothingIsWrittenBeforeOthersHaveReadWhatTheyReturned) {
  run();
  const int behind = waits(nullptr, CU_STREAM_LEGACY), ours = waits(work.ours, nullptr);
  memory.returned(1);
  EXPECT_EQ(waits(nullptr, CU_STREAM_LEGACY), behind);  // a note alone
  run();
  run();
  EXPECT_EQ(waits(nullptr, CU_STREAM_LEGACY), behind + 1);
  EXPECT_EQ(waits(work.ours, nullptr), ours + 1);
  // A stream that may be gone is not asked.
  const int before = synchronizations(), asked = waits(nullptr, theirs());
  memory.returned(number);
  EXPECT_EQ(synchronizations(), before);
  run();
  run();
  EXPECT_EQ(synchronizations(), before + 1);
  memory.returned(DeviceSharing::no_order);
  const int value = 7;
  void* block = memory.allocate(4);
  memory.copy_from_host(block, &value, sizeof(value));
  EXPECT_EQ(synchronizations(), before + 2);
  EXPECT_EQ(waits(nullptr, theirs()), asked);
  memory.release(block, 4);
}

TEST_F(CudaSharing, NumbersThatAreNoStreamsAreErrors) {
  for (int64_t bad : {int64_t{0}, int64_t{-2}}) {
    try {
      memory.lend(bad, nullptr);
      ADD_FAILURE() << bad;
    } catch (const ValueError& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr(std::to_string(bad) + " stands for no stream"));
    }
    EXPECT_THROW(memory.borrow(bad), ValueError);
  }
}

}  // namespace
}  // namespace lazulite::test
