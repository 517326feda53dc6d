#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "lazulite/core/event.h"

namespace lazulite::fake {

/// One stream of the fake device: a thread that works late and out of step with other streams, as a
/// GPU does.
class FakeQueue {
 public:
  explicit FakeQueue(int stream);
  /// Queues `work` behind `needs` and returns the mark behind it.
  MarkPtr add(std::function<void()> work, std::span<const MarkPtr> needs);

 private:
  class QueueMark;
  struct Item {
    std::function<void()> work;
    std::vector<MarkPtr> needs;
    std::shared_ptr<QueueMark> mark;
  };
  void loop();

  const unsigned seed_;
  std::mutex mutex_;
  std::condition_variable added_;
  std::deque<Item> items_;
};

/// Blocks until a mark has been reached.
void await(Mark& mark);

/// The queue of a stream; made when it is first asked for, and never destroyed.
FakeQueue& queue_of_stream(int stream);

/// Tells the device's marks from those of other backends.
void set_mark_owner(const void* backend);

}  // namespace lazulite::fake
