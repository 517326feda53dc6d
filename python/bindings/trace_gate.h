#pragma once

namespace lazulite::python {

/// While a thread traces, the objects that its function reaches hold placeholders, and what is
/// being traced cannot be run yet. So the other threads call no compiled function meanwhile.
/// Threads that the traced function itself starts and waits for must not call one.
class TraceGate {
 public:
  /// Waits, without the GIL, until no other thread traces. Until the GIL is given away next, none
  /// begins to.
  static void wait();

  /// With the GIL, right after `wait`: this thread looks for what it has traced, or traces.
  TraceGate();
  ~TraceGate();
  TraceGate(const TraceGate&) = delete;
  TraceGate& operator=(const TraceGate&) = delete;
};

}  // namespace lazulite::python
