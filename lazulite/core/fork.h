#pragma once

#include <mutex>

namespace lazulite {

/// Held, by any number of threads at once, while arrays are evaluated: from the moment in which
/// nodes are taken until their run is queued, and while a run is executed on the calling thread. A
/// fork waits until nobody holds it. May be nested.
class ForkGate {
 public:
  ForkGate();
  ~ForkGate();
  ForkGate(const ForkGate&) = delete;
  ForkGate& operator=(const ForkGate&) = delete;
};

/// What a fork does around the copy of the process, in the order of `level`: `before` with the gate
/// closed, `after` in both processes and in reverse order, then `in_child`. Any may be null.
struct ForkHandler {
  int level;
  void (*before)();
  void (*after)();
  void (*in_child)();
};
/// Registers one, for good. Called while libraries are loaded.
void add_fork_handler(ForkHandler handler);

/// A handler that holds a mutex while the process is copied.
template <std::mutex& (*mutex)()>
ForkHandler holding(int level) {
  return {level, [] { mutex().lock(); }, [] { mutex().unlock(); }, nullptr};
}

/// Whether this process is a forked child: OpenMP's threads and the executor are gone.
bool is_forked_child();

}  // namespace lazulite
