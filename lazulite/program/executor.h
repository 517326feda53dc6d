#pragma once

#include <functional>

#include "lazulite/core/event.h"

namespace lazulite {

/// The one thread on which work of more than trivial size runs, in the order of submission, so that
/// OpenMP keeps a single team of threads. In a forked child, which has no such thread, work runs at
/// once on the caller's.
class Executor {
 public:
  /// Runs `work` later and then finishes `event`, with the error that it threw, if any. Blocks
  /// while a few others are waiting already.
  static void submit(std::function<void()> work, EventPtr event);
  /// The same on the calling thread, before it returns.
  static void run_here(std::function<void()> work, const EventPtr& event);
  /// Whether the calling thread is the executor's.
  static bool is_current();
  /// Waits until everything submitted so far has run.
  static void drain();
};

}  // namespace lazulite
