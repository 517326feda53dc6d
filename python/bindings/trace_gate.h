#pragma once

#include <functional>

namespace lazulite::python {

/// While a thread traces, the objects that its function reaches hold placeholders, and what is
/// being traced cannot be run yet. So the other threads call no compiled function meanwhile.
///
/// What is traced may itself wait for another thread, which would wait for ever here. A trace that
/// stands still, building nothing and waiting for nothing of ours, is taken for such a one: a call
/// that reaches nothing of it goes past it, and others end with an error when they have waited for
/// long enough.
class TraceGate {
 public:
  enum class Way {
    through,  ///< no other thread traces; until the GIL is given away next, none begins to
    past      ///< the function is to be called as it is, not compiled
  };

  /// Waits, without the GIL, until no other thread traces. `sees_traced` says, with the GIL,
  /// whether the call reaches anything that is being traced. Throws an Error where there is no end
  /// of it, and what a signal raises.
  static Way wait(const std::function<bool()>& sees_traced);

  /// How long a trace may stand still until a call that reaches something of it is refused.
  static void set_patience(double seconds);

  /// With the GIL, right after `wait`: this thread looks for what it has traced, or traces.
  TraceGate();
  ~TraceGate();
  TraceGate(const TraceGate&) = delete;
  TraceGate& operator=(const TraceGate&) = delete;
};

}  // namespace lazulite::python
