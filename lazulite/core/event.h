#pragma once

#include <atomic>
#include <exception>
#include <memory>

namespace lazulite {

/// Becomes done once, when the work that it stands for has ended, well or with an error.
class Event {
 public:
  bool done() const { return done_.load(std::memory_order_acquire); }
  /// Blocks until done; throws the error with which the work ended, if any.
  void wait() const {
    done_.wait(false, std::memory_order_acquire);
    if (error_) std::rethrow_exception(error_);
  }
  void finish(std::exception_ptr error = nullptr) {
    error_ = std::move(error);
    done_.store(true, std::memory_order_release);
    done_.notify_all();
  }

 private:
  std::atomic<bool> done_{false};
  std::exception_ptr error_;
};

using EventPtr = std::shared_ptr<Event>;

}  // namespace lazulite
