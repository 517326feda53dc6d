#pragma once

#include <memory>

#include "lazulite/core/device.h"
#include "lazulite/core/event.h"

namespace lazulite {

/// A run on its way through the queues.
class Work {
 public:
  virtual ~Work() = default;
  /// Whether `advance` would get on.
  virtual bool ready() const = 0;
  /// Does what can be done without waiting for other work. True when nothing is left to do here,
  /// though a device may still be at it. Never throws.
  virtual bool advance() = 0;
  /// Blocks until `ready`.
  virtual void wait_ready() = 0;
};

/// The one thread on which work of more than trivial size runs or is handed to its device, so that
/// OpenMP keeps a single team of threads. Each stream has a queue, in which work starts in the
/// order of its submission; of the queues' heads, the oldest that is ready is next. Whoever submits
/// work has submitted before all that it depends on, so there is always one.
///
/// In a forked child, which has no such thread, work runs at once on the caller's, one at a time.
class Executor {
 public:
  /// The number of a stream's queue, as Buffer::enter takes it.
  static uint32_t queue_of(const Stream& stream);
  /// Blocks while much work is waiting already, so that runs do not pile up in memory. To be called
  /// before nodes are claimed.
  static void wait_for_room();
  /// `event` is the work's own.
  static void submit(uint32_t queue, std::shared_ptr<Work> work, EventPtr event);
  /// Whether nothing stands in the queue, so that the caller may put work straight into its
  /// device's queue; if so, `event` counts as submitted.
  static bool enter_if_empty(uint32_t queue, const EventPtr& event);
  /// Does work on the calling thread, before it returns.
  static void run_here(Work& work);
  /// Blocks until the event is done or dropped. On the executor's thread, other work goes on
  /// meanwhile.
  static void wait_for(const Event& event);
  /// Whether the calling thread is the executor's.
  static bool is_current();
  /// Waits until everything submitted so far has ended.
  static void drain();
  /// Has whoever ends the process wait for what was submitted, before it ends what libraries that
  /// have been loaded so far need. Where the main thread does, it waits in any case.
  static void finish_at_exit();
};

}  // namespace lazulite
