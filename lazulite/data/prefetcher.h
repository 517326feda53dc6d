#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "lazulite/data/dataset.h"

namespace lazulite::data {

/// Makes an endless sequence of batches ahead of time on worker threads: batch n is what
/// `produce(n)` returns, whichever thread makes it, and they are taken in order.
class Prefetcher {
 public:
  using Produce = std::function<Batch(uint64_t number)>;

  /// `workers` threads (0: batches are made when they are taken) keep up to `depth` batches ready.
  Prefetcher(Produce produce, int workers, int depth);
  /// Waits for the batches that are being made, and drops them.
  ~Prefetcher();
  Prefetcher(const Prefetcher&) = delete;
  Prefetcher& operator=(const Prefetcher&) = delete;

  /// The number of the batch that take() returns next.
  uint64_t position() const { return next_taken_; }
  /// Goes on at batch `number`; what was made ahead is dropped.
  void restart(uint64_t number);
  /// The next batch, waiting until it is there; throws what `produce` threw. One thread takes.
  Batch take();
  /// Time that take() has spent waiting so far.
  double waited_seconds() const { return waited_seconds_; }

 private:
  struct Slot {
    std::optional<Batch> batch;
    std::exception_ptr error;
    bool ready() const { return batch || error; }
  };

  void work();
  void stop();
  Slot make(uint64_t number) const;

  const Produce produce_;
  std::vector<Slot> slots_;
  std::mutex mutex_;
  std::condition_variable room_;
  std::condition_variable filled_;
  // Batches claimed before the latest restart belong to an older generation and are dropped.
  uint64_t generation_ = 0;
  uint64_t next_claimed_ = 0;
  uint64_t next_taken_ = 0;
  bool stopping_ = false;
  double waited_seconds_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace lazulite::data
