#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
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
  /// Waits for the batches that are being made, and drops them. In a forked child, which has none
  /// of the threads, leaves everything as it is.
  ~Prefetcher();
  Prefetcher(const Prefetcher&) = delete;
  Prefetcher& operator=(const Prefetcher&) = delete;

  /// The number of the batch that take() returns next.
  uint64_t position() const { return next_taken_; }
  // With workers, a forked child is refused both.

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

  /// What the threads wait for and work on: not to be touched in a forked child.
  struct Shared {
    explicit Shared(size_t depth) : slots(depth) {}
    std::vector<Slot> slots;
    std::mutex mutex;
    std::condition_variable room;
    std::condition_variable filled;
    // Batches claimed before the latest restart belong to an older generation and are dropped.
    uint64_t generation = 0;
    uint64_t next_claimed = 0;
    bool stopping = false;
    std::vector<std::thread> threads;
  };

  void work(Shared& s);
  void stop();
  bool forked() const;
  void expect_threads() const;
  Slot make(uint64_t number) const;

  const Produce produce_;
  const int process_;
  uint64_t next_taken_ = 0;
  double waited_seconds_ = 0;
  // Each thread holds it too: it stays where threads do not end before the loader, in a forked
  // child and where one of them ends the process, while who takes batches goes on to wait for the
  // next.
  const std::shared_ptr<Shared> shared_;
};

}  // namespace lazulite::data
