#pragma once

#include <cstdint>
#include <iterator>
#include <memory>
#include <mutex>
#include <vector>

#include "lazulite/data/dataset.h"
#include "lazulite/data/prefetcher.h"

namespace lazulite::data {

struct LoaderOptions {
  int64_t batch_size = 32;
  /// A new order every epoch, which depends only on the seed and the epoch's number.
  bool shuffle = false;
  uint64_t seed = 0;
  /// Leaves out the last batch if it would be smaller than the others.
  bool drop_last = false;
  /// Threads that make batches; with 0, the thread that iterates makes them itself.
  int workers = 1;
  /// Batches kept ready ahead of the loop, over the end of an epoch too.
  int prefetch = 4;
};

/// Goes through a data set in batches: each range-based for loop is one epoch.
///
///   for (const Batch& batch : loader) train(batch.images, batch.labels);
///
/// The batches and their order do not depend on the number of workers. An exception in a worker is
/// thrown in the loop, at the batch that it concerns. A loop may be left early; the next one is the
/// next epoch. One loop at a time: a new one ends the other, whose next step throws Error. A child
/// process that forks needs a loader of its own: one with workers throws Error there.
class DataLoader {
 public:
  /// Throws Error if there is no data set or an option is out of its range.
  explicit DataLoader(DatasetPtr dataset, LoaderOptions options = {});

  /// Batches in an epoch.
  int64_t size() const;
  const Dataset& dataset() const { return *dataset_; }
  const LoaderOptions& options() const { return options_; }

  /// The number of the epoch that the next loop goes through; the first is 0.
  int64_t next_epoch() const { return next_epoch_; }
  /// Makes the next loop go through epoch `epoch`, for instance when training is resumed.
  void set_next_epoch(int64_t epoch);

  /// How long loops have waited for workers so far, in seconds.
  double waited_seconds() const { return prefetcher_.waited_seconds(); }

  class Iterator {
   public:
    using value_type = Batch;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::input_iterator_tag;

    Batch& operator*() const { return batch_; }
    Batch* operator->() const { return &batch_; }
    Iterator& operator++();
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return left_ < 0; }

   private:
    friend class DataLoader;
    Iterator(DataLoader* loader, int64_t loop) : loader_(loader), loop_(loop) {}

    DataLoader* loader_;
    int64_t loop_;
    // Batches after this one; -1 at the end.
    int64_t left_ = -1;
    mutable Batch batch_;
  };

  /// Starts an epoch.
  Iterator begin();
  std::default_sentinel_t end() const { return {}; }

 private:
  using Order = std::shared_ptr<const std::vector<int64_t>>;

  Batch make(uint64_t number);
  Order order_of(uint64_t epoch);

  DatasetPtr dataset_;
  LoaderOptions options_;
  int64_t next_epoch_ = 0;
  int64_t loops_ = 0;
  std::mutex order_mutex_;
  uint64_t order_epoch_ = 0;
  Order order_;
  // Last, so that its threads end before what they use.
  Prefetcher prefetcher_;
};

}  // namespace lazulite::data
