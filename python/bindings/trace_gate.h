#pragma once

#include <functional>

namespace lazulite::python {

/// While a thread traces, the objects that its function reaches hold placeholders, and what is
/// being traced cannot be run yet. So the other threads call no compiled function meanwhile.
///
/// But the traced function may itself wait for another thread, which would wait for ever here. One
/// that stands still, building nothing, is taken for such a one: a call that reaches nothing of the
/// trace goes past it, and others end with an error when they have waited for long enough.
class TraceGate {
 public:
  enum class Way {
    through,  ///< no other thread traces; until the GIL is given away next, none begins to
    past      ///< the function is to be called as it is, in a scope `Past`
  };

  /// Waits, without the GIL, until no other thread traces. `reaches_traced` says, with the GIL,
  /// whether the call reaches anything that is being traced. Throws where there is no end of it,
  /// and what a signal raises. While any call goes past, so do all: none may begin to trace, which
  /// would put placeholders where that call may look.
  template <class Reaches>
  static Way wait(const Reaches& reaches_traced) {
    return nobody_is_here() ? Way::through : wait_for_others(reaches_traced);
  }

  /// How many seconds a traced function may stand still until a call that reaches something of it
  /// is refused.
  static void set_patience(double seconds);

  /// With the GIL, right after `wait`: this thread looks for what it has traced, or traces.
  TraceGate();
  ~TraceGate();
  TraceGate(const TraceGate&) = delete;
  TraceGate& operator=(const TraceGate&) = delete;

  /// The thread that traces calls the function of the user's.
  class Calling {
   public:
    Calling();
    ~Calling();
    Calling(const Calling&) = delete;
    Calling& operator=(const Calling&) = delete;
  };

  /// The thread calls a function past the gate.
  class Past {
   public:
    Past();
    ~Past();
    Past(const Past&) = delete;
    Past& operator=(const Past&) = delete;
  };

 private:
  static bool nobody_is_here();
  static Way wait_for_others(const std::function<bool()>& reaches_traced);
};

}  // namespace lazulite::python
