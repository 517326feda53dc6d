#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "lazulite/backends/cuda/runtime/memory.h"
#include "lazulite/backends/cuda/runtime/status.h"
#include "lazulite/core/event.h"

namespace lazulite::cuda {

/// What a stream has for the work that runs in it, one piece at a time.
class StreamPlaces {
 public:
  StreamPlaces(const DeviceInfo& device, DeviceMemory& memory);
  Status* status = nullptr;
  /// A stream in which graphs are captured.
  CUstream capture_stream() const;

 private:
  mutable CUstream capture_ = nullptr;
};

/// Work for a queue.
class Queued {
 public:
  virtual ~Queued() = default;
  /// Puts the work into `stream`, which has `places`.
  virtual void launch(CUstream stream, std::span<void* const> slots,
                      const StreamPlaces& places) = 0;
  /// How many checks on data it has, which may fail.
  virtual size_t check_count() const = 0;
  /// Throws the error of check `number`, which has rejected `index`.
  virtual void reject(size_t number, int64_t index) const = 0;
};

/// One stream of the device, and the thread that sees how far it has come.
class Queue {
 public:
  /// `owner` tells the marks of this device from others.
  Queue(const DeviceInfo& device, DeviceMemory& memory, const void* owner);
  /// Queues `work` behind `needs` and returns the mark behind it; if one of them fails, the work
  /// writes into no memory that held anything before, and the mark has the same failure.
  MarkPtr add(Queued& work, std::span<void* const> slots, std::span<const MarkPtr> needs);
  /// Waits until all that was queued has ended.
  void drain();
  /// What is recorded behind the work of a mark that a queue has made.
  static CUevent event_of(const Mark& mark);

 private:
  class QueueMark;
  class Results;
  CUevent take_event();
  void give_event(CUevent event);
  void clear_status();
  void inherit(const std::vector<std::shared_ptr<QueueMark>>& needs);
  std::shared_ptr<QueueMark> next_mark();
  void loop();
  bool reach_next();
  void follow(const QueueMark& mark);

  const DeviceInfo& device_;
  DeviceMemory& memory_;
  const void* const owner_;
  std::mutex launching_;
  CUstream stream_ = nullptr;
  StreamPlaces places_;
  uint64_t copies_seen_ = 0;
  CUfunction begin_ = nullptr, end_ = nullptr;

  std::mutex events_mutex_;
  std::vector<CUevent> events_;  // that no mark uses

  // Marks are reached in their order, by one thread at a time: the queue's own or one that waits.
  std::atomic_flag reaching_;
  std::mutex mutex_;
  std::condition_variable added_, removed_;
  std::deque<std::shared_ptr<QueueMark>> marks_;  // that have not been reached
  bool asleep_ = false;                           // the queue's thread, until it is woken
  std::atomic<int> followers_{0};                 // threads that wait and look by themselves
};

}  // namespace lazulite::cuda
