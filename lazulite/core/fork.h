#pragma once

#include <mutex>

namespace lazulite {

/// Held, by any number of threads at once, while arrays are evaluated: from the moment in which
/// nodes are taken until their run is queued, and while a run is executed on the calling thread. A
/// fork waits until nobody holds it, and so does the end of the process. May be nested.
class ForkGate {
 public:
  ForkGate() { enter(); }
  ~ForkGate() { leave(); }
  ForkGate(const ForkGate&) = delete;
  ForkGate& operator=(const ForkGate&) = delete;

  static void enter();
  static void leave() noexcept;
  /// Whether the calling thread has passed, and not left.
  static bool is_inside();

  /// The calling thread stands outside for a while, as far as it has entered once: for those who
  /// wait for the executor, on which an operation may want to fork.
  class Pause {
   public:
    Pause();
    ~Pause();
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;

   private:
    const bool outside_;
  };

  /// The calling thread ends the process: no other one passes any more, and those inside have left,
  /// or a second has passed.
  static void close_for_end();
  /// Whether the calling thread has said so.
  static bool closed_for_end();
  /// Others pass again a second later, if something in the process waits for them.
  static void reopen_soon();
};

/// A mutex that no other thread holds when the process is copied, for objects of which there are
/// many: whoever locks it passes the gate first. Never locked while a lock is held that a fork
/// handler takes, unless the thread is within the gate already.
class GatedMutex {
 public:
  void lock() {
    ForkGate::enter();
    mutex_.lock();
  }
  void unlock() {
    mutex_.unlock();
    ForkGate::leave();
  }

 private:
  std::mutex mutex_;
};

/// What a fork does around the copy of the process, in the order of `level`: `before` with the gate
/// closed, `after` in both processes and in reverse order, then `in_child`. Before all that,
/// `wants` is told that the thread wants to fork, and told so no more when it is its turn: what it
/// is in the midst of cannot go on meanwhile, and another's fork must not wait for it. Any may be
/// null.
struct ForkHandler {
  int level;
  void (*before)();
  void (*after)();
  void (*in_child)();
  void (*wants)(bool) = nullptr;
};
/// Registers one, for good. Called while libraries are loaded.
void add_fork_handler(ForkHandler handler);

/// From now on all handlers come before those that libraries have registered with the system so
/// far, and after them once the process is copied. OpenMP's, of LLVM, takes locks that threads need
/// in order to end what they run.
void handle_forks_first();

/// A handler that holds a mutex while the process is copied.
template <std::mutex& (*mutex)()>
ForkHandler holding(int level) {
  return {level, [] { mutex().lock(); }, [] { mutex().unlock(); }, nullptr};
}

/// A handler that has the static objects of `make` made before a fork: a child would wait for ever
/// for a thread that was about to make them.
template <auto make>
ForkHandler made_before_forks() {
  constexpr auto before = [] {
    try {
      (void)make();
    } catch (...) {
      // Whoever asks for them is told.
    }
  };
  return {-1, before, nullptr, nullptr};
}

/// Whether this process is a forked child: OpenMP's threads and the executor are gone.
bool is_forked_child();

}  // namespace lazulite
