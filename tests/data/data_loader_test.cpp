#include "lazulite/data/data_loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <numeric>
#include <optional>
#include <thread>

#include "data/made_files.h"
#include "lazulite/core/memory.h"
#include "lazulite/data/array_dataset.h"

namespace lazulite::data {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAreArray;

// Sample i has label i; its image is the seed that it was fetched with, in two halves.
class Numbers : public Dataset {
 public:
  explicit Numbers(int64_t count) : count_(count) {}
  int64_t size() const override { return count_; }
  Batch get(std::span<const int64_t> indices, uint64_t seed) const override {
    check_indices(indices, count_);
    if (delay_) std::this_thread::sleep_for(std::chrono::microseconds(mix_of(indices[0]) % 500));
    for (int64_t index : indices) {
      if (index == broken_) throw Error("sample " + std::to_string(index) + " is broken");
    }
    const auto count = static_cast<int64_t>(indices.size());
    std::vector<uint64_t> seeds(indices.size(), seed);
    return {Array(seeds, {count}), Array(indices, {count})};
  }
  // Makes workers finish out of order.
  Numbers& with_delays() {
    delay_ = true;
    return *this;
  }
  Numbers& with_broken(int64_t index) {
    broken_ = index;
    return *this;
  }

 private:
  static uint64_t mix_of(int64_t index) { return static_cast<uint64_t>(index) * 2654435761u; }
  int64_t count_;
  bool delay_ = false;
  int64_t broken_ = -1;
};

std::vector<std::vector<int64_t>> epoch_of(DataLoader& loader) {
  std::vector<std::vector<int64_t>> batches;
  for (const Batch& batch : loader) batches.push_back(batch.labels.to_vector<int64_t>());
  return batches;
}

std::vector<int64_t> flat(const std::vector<std::vector<int64_t>>& batches) {
  std::vector<int64_t> all;
  for (const auto& batch : batches) all.insert(all.end(), batch.begin(), batch.end());
  return all;
}

std::vector<int64_t> first_numbers(int64_t count) {
  std::vector<int64_t> numbers(static_cast<size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

TEST(DataLoader, GoesInOrderUnlessToldToShuffle) {
  DataLoader loader(std::make_shared<Numbers>(7), {.batch_size = 3});
  EXPECT_EQ(loader.size(), 3);
  for (int epoch = 0; epoch < 2; ++epoch) {
    EXPECT_THAT(epoch_of(loader),
                ElementsAre(ElementsAre(0, 1, 2), ElementsAre(3, 4, 5), ElementsAre(6)));
  }
}

TEST(DataLoader, DropsTheShortLastBatch) {
  DataLoader loader(std::make_shared<Numbers>(7), {.batch_size = 3, .drop_last = true});
  EXPECT_EQ(loader.size(), 2);
  EXPECT_THAT(epoch_of(loader), ElementsAre(ElementsAre(0, 1, 2), ElementsAre(3, 4, 5)));
  DataLoader whole(std::make_shared<Numbers>(6), {.batch_size = 3, .drop_last = true});
  EXPECT_EQ(whole.size(), 2);
}

TEST(DataLoader, ShufflesEveryEpochAnew) {
  DataLoader loader(std::make_shared<Numbers>(100), {.batch_size = 8, .shuffle = true, .seed = 5});
  const auto first = flat(epoch_of(loader));
  const auto second = flat(epoch_of(loader));
  EXPECT_NE(first, first_numbers(100));
  EXPECT_NE(first, second);
  EXPECT_THAT(first, UnorderedElementsAreArray(first_numbers(100)));
  EXPECT_THAT(second, UnorderedElementsAreArray(first_numbers(100)));
}

TEST(DataLoader, OrderDoesNotDependOnWorkersOrPrefetch) {
  const auto epochs = [](int workers, int prefetch, uint64_t seed) {
    auto numbers = std::make_shared<Numbers>(103);
    numbers->with_delays();
    DataLoader loader(
        numbers,
        {.batch_size = 5, .shuffle = true, .seed = seed, .workers = workers, .prefetch = prefetch});
    std::vector<std::vector<int64_t>> batches;
    for (int epoch = 0; epoch < 3; ++epoch) {
      for (const Batch& batch : loader) {
        batches.push_back(batch.labels.to_vector<int64_t>());
        // The seed for what is random about a sample is part of the promise.
        batches.push_back(batch.images.to_vector<int64_t>());
      }
    }
    return batches;
  };
  const auto expected = epochs(0, 1, 9);
  EXPECT_EQ(expected.size(), 2u * 3 * 21);
  EXPECT_EQ(epochs(1, 1, 9), expected);
  EXPECT_EQ(epochs(1, 4, 9), expected);
  EXPECT_EQ(epochs(4, 3, 9), expected);
  EXPECT_EQ(epochs(3, 50, 9), expected);
  EXPECT_NE(epochs(3, 50, 10), expected);
}

TEST(DataLoader, ALoopLeftEarlyIsFollowedByTheNextEpoch) {
  for (int workers : {0, 1, 3}) {
    const LoaderOptions options{.batch_size = 4, .shuffle = true, .workers = workers};
    DataLoader whole(std::make_shared<Numbers>(50), options);
    epoch_of(whole);
    const auto second = epoch_of(whole);
    DataLoader left(std::make_shared<Numbers>(50), options);
    for ([[maybe_unused]] const Batch& batch : left) break;
    EXPECT_EQ(left.next_epoch(), 1);
    EXPECT_EQ(epoch_of(left), second);
  }
}

TEST(DataLoader, ResumesAtAnEpoch) {
  const LoaderOptions options{.batch_size = 4, .shuffle = true};
  DataLoader loader(std::make_shared<Numbers>(50), options);
  const auto first = epoch_of(loader);
  epoch_of(loader);
  const auto third = epoch_of(loader);
  DataLoader resumed(std::make_shared<Numbers>(50), options);
  resumed.set_next_epoch(2);
  EXPECT_EQ(epoch_of(resumed), third);
  resumed.set_next_epoch(0);
  EXPECT_EQ(epoch_of(resumed), first);
  EXPECT_THAT(error_of([&] { resumed.set_next_epoch(-1); }), HasSubstr("epoch -1"));
  EXPECT_THAT(error_of([&] { resumed.set_next_epoch(INT64_MAX); }), HasSubstr("at most"));
}

TEST(DataLoader, ThrowsAWorkersErrorAtItsBatch) {
  for (int workers : {0, 1, 3}) {
    auto numbers = std::make_shared<Numbers>(20);
    numbers->with_broken(9);
    DataLoader loader(numbers, {.batch_size = 4, .workers = workers});
    for (int epoch = 0; epoch < 2; ++epoch) {
      int batches = 0;
      EXPECT_EQ(error_of([&] {
                  for ([[maybe_unused]] const Batch& batch : loader) ++batches;
                }),
                "sample 9 is broken");
      EXPECT_EQ(batches, 2);
    }
  }
}

TEST(DataLoader, EndsWhileWorkersAreBusy) {
  for (int i = 0; i < 50; ++i) {
    auto numbers = std::make_shared<Numbers>(1000);
    numbers->with_delays();
    DataLoader loader(numbers, {.batch_size = 2, .workers = 3, .prefetch = 8});
    if (i % 2) {
      for ([[maybe_unused]] const Batch& batch : loader) break;
    }
  }
}

TEST(DataLoader, BatchesOutliveTheLoader) {
  Batch kept;
  {
    DataLoader loader(std::make_shared<Numbers>(10), {.batch_size = 5});
    for (const Batch& batch : loader) kept = batch;
  }
  EXPECT_THAT(kept.labels.to_vector<int>(), ElementsAre(5, 6, 7, 8, 9));
}

TEST(DataLoader, ReusesTheMemoryOfBatches) {
  const Array images(std::vector<float>(64 * 1000), {64, 1000});
  auto set = std::make_shared<ArrayDataset>(images, Array(std::vector<int>(64), {64}));
  DataLoader loader(set, {.batch_size = 8, .workers = 0});
  epoch_of(loader);
  const uint64_t before = memory_statistics().system_allocations;
  for (int epoch = 0; epoch < 5; ++epoch) epoch_of(loader);
  EXPECT_EQ(memory_statistics().system_allocations, before);
}

TEST(DataLoader, ANewLoopEndsTheOther) {
  DataLoader loader(std::make_shared<Numbers>(10), {.batch_size = 2});
  auto outer = loader.begin();
  auto inner = loader.begin();
  EXPECT_THAT(error_of([&] { ++outer; }), HasSubstr("ended by a newer one"));
  EXPECT_TRUE(outer == loader.end());
  EXPECT_THAT(inner->labels.to_vector<int>(), ElementsAre(0, 1));
}

TEST(DataLoader, AnEmptyDataSetHasNoBatches) {
  DataLoader loader(std::make_shared<Numbers>(0), {.workers = 2});
  EXPECT_EQ(loader.size(), 0);
  EXPECT_TRUE(epoch_of(loader).empty());
  DataLoader dropped(std::make_shared<Numbers>(3), {.batch_size = 4, .drop_last = true});
  EXPECT_TRUE(epoch_of(dropped).empty());
}

TEST(DataLoader, RefusesOptionsOutOfRange) {
  const auto refusal = [](LoaderOptions options) {
    return error_of([&] { DataLoader(std::make_shared<Numbers>(3), options); });
  };
  EXPECT_THAT(refusal({.batch_size = 0}),
              AllOf(HasSubstr("batch_size is 0"), HasSubstr("1 or more")));
  EXPECT_THAT(refusal({.workers = -1}), HasSubstr("workers is -1"));
  EXPECT_THAT(refusal({.workers = 100'000}), HasSubstr("workers is 100000; at most 1024"));
  EXPECT_THAT(refusal({.prefetch = 2'000'000'000}), HasSubstr("prefetch is 2000000000; at most"));
  EXPECT_THAT(error_of([] { DataLoader loader(std::make_shared<Numbers>(-3)); }),
              HasSubstr("the data set's size is -3; 0 or more"));
  EXPECT_THAT(refusal({.prefetch = 0}), HasSubstr("prefetch is 0"));
  EXPECT_THAT(error_of([] { DataLoader(nullptr, {}); }), HasSubstr("no data set"));
}

// The threads of a loader are not in the child: it must neither wait for them nor hang on leaving.
TEST(DataLoader, IsRefusedInAForkedChild) {
  for (int workers : {0, 2}) {
    int status = 0;
    auto used_in_child = [&] {
      std::optional<DataLoader> loader(
          std::in_place, std::make_shared<Numbers>(100),
          LoaderOptions{.batch_size = 7, .workers = workers, .prefetch = 3});
      auto batch = loader->begin();
      const pid_t pid = ::fork();
      if (pid != 0) return pid;
      ::alarm(60);
      const std::string error = error_of([&] {
        for (int i = 0; i < 5; ++i) ++batch;
      });
      const bool refused = error.find("a child needs a loader of its own") != std::string::npos;
      loader.reset();
      ::_exit(refused == (workers > 0) ? 0 : 1);
    };
    ASSERT_GT(::waitpid(used_in_child(), &status, 0), 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << workers << ": " << status;
  }
}

}  // namespace
}  // namespace lazulite::data
