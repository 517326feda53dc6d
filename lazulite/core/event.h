#pragma once

#include <atomic>
#include <chrono>
#include <exception>
#include <memory>

namespace lazulite {

/// Why work ended without its results. What depends on them carries the same failure.
struct Failure {
  explicit Failure(std::exception_ptr error, bool harmless)
      : error(std::move(error)), harmless(harmless) {}
  /// Throws the error; from now on somebody has been told.
  [[noreturn]] void raise() {
    raised.store(true);
    std::rethrow_exception(error);
  }

  const std::exception_ptr error;
  /// Nothing that existed before was overwritten: the failure was found by a check, or before the
  /// work began.
  const bool harmless;
  std::atomic<bool> raised{false};
};
using FailurePtr = std::shared_ptr<Failure>;

/// Thrown by kernels in the place of the error of a user's own operation.
struct OperationFailure {
  std::exception_ptr error;
};

/// A failure of the exception that is being handled. That of a check, of a user's own operation, or
/// of a guard is harmless in any case: they run before anything is overwritten.
FailurePtr current_failure(bool harmless);

/// A point in the queue of an asynchronous backend, which makes them.
class Mark {
 public:
  /// `backend` tells marks of one backend from those of others.
  explicit Mark(const void* backend) : backend(backend) {}
  virtual ~Mark() = default;
  Mark(const Mark&) = delete;
  Mark& operator=(const Mark&) = delete;
  const void* const backend;
  virtual bool reached() const = 0;
  /// The failure of the work before it, once it is reached; null if there was none.
  virtual FailurePtr failure() const = 0;
  /// Calls `function` once, from any thread, when the mark has been reached, perhaps at once.
  virtual void notify(void (*function)(void*), void* argument) = 0;
  /// Called by a thread that is about to wait for the mark: may follow the device on that thread
  /// for a while, which saves waking others. Need not wait to the end.
  virtual void follow() {}
};
using MarkPtr = std::shared_ptr<Mark>;

/// The life of one run: planned, then bound (its results have their memory), then issued (its last
/// work stands in the queue of its device), then done, well or with a failure. Or dropped instead
/// of bound: it could not be planned, and its nodes wait for evaluation again.
class Event {
 public:
  void set_bound() { advance(bound_bit); }
  void drop() { advance(dropped_bit); }
  /// Waits until it is known whether the results have memory; false if they never will.
  bool wait_bound() const { return !(wait_for(bound_bit | dropped_bit) & dropped_bit); }
  bool bound() const { return stage_.load(std::memory_order_acquire) & bound_bit; }

  void issue(MarkPtr mark);
  bool issued() const { return stage_.load() & issued_bit; }
  /// Where an asynchronous backend will be when the work is done; null for others.
  const MarkPtr& mark() const { return mark_; }

  void finish(FailurePtr failure = nullptr);
  bool done() const { return stage_.load() & done_bit; }
  /// With what the work ended; null if well, or if it is not done.
  FailurePtr failure() const { return done() ? failure_ : nullptr; }
  /// Blocks until done; throws the error with which the work ended, if any.
  void wait() const;
  /// Blocks until done, however it ended.
  void wait_done() const;
  /// The same, but for no longer than this; whether it is done.
  bool wait_done_for(std::chrono::nanoseconds most) const;

  /// Called whenever any event is issued or done. There is one listener: the executor.
  static void set_listener(void (*listener)());
  /// Tells the listener that something which work may wait for has happened.
  static void announce();

 private:
  static constexpr uint32_t bound_bit = 1, dropped_bit = 2, issued_bit = 4, done_bit = 8;
  static constexpr uint32_t awaited_bit = 16;  // somebody may wait for the next change

  void advance(uint32_t bits);
  uint32_t wait_for(uint32_t bits) const;

  mutable std::atomic<uint32_t> stage_{0};
  MarkPtr mark_;
  FailurePtr failure_;
};

using EventPtr = std::shared_ptr<Event>;

}  // namespace lazulite
