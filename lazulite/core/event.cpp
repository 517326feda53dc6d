#include "lazulite/core/event.h"

#ifdef __linux__
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include <algorithm>
#include <climits>
#include <new>
#include <thread>

#include "lazulite/core/errors.h"
#include "lazulite/core/failures.h"
#include "lazulite/core/may_fail.h"

namespace lazulite {
namespace {

std::atomic<void (*)()> listener_of_all{nullptr};
std::atomic<uint64_t> failures{0};
std::atomic<bool> any_checks{false};

// Tells the events of work that may fail from others.
struct DeleteUncertain {
  void operator()(Event* event) const { delete event; }
};

// Made beforehand, for when there is no memory left to say what went wrong; never destroyed.
FailurePtr* new_out_of_memory(bool harmless) {
  return new FailurePtr(
      std::make_shared<Failure>(std::make_exception_ptr(std::bad_alloc()), harmless));
}
const FailurePtr& out_of_memory = *new_out_of_memory(false);
const FailurePtr& harmless_out_of_memory = *new_out_of_memory(true);

FailurePtr make_failure(std::exception_ptr error, bool harmless) {
  try {
    return std::make_shared<Failure>(std::move(error), harmless);
  } catch (const std::bad_alloc&) {
    const FailurePtr& failure = harmless ? harmless_out_of_memory : out_of_memory;
    failure->raised = false;  // of this one nobody has been told
    return failure;
  }
}

// The standard's waiting knows no end in time; the system's does.
void sleep_while(std::atomic<uint32_t>& word, uint32_t value, std::chrono::nanoseconds* most) {
#ifdef __linux__
  timespec time{};
  if (most) {
    time.tv_sec = static_cast<time_t>(most->count() / 1'000'000'000);
    time.tv_nsec = static_cast<long>(most->count() % 1'000'000'000);
  }
  ::syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, value, most ? &time : nullptr, nullptr, 0);
#else
  if (!most) return word.wait(value);
  std::this_thread::sleep_for(std::min(*most, std::chrono::nanoseconds(100'000)));
#endif
}

void wake_all(std::atomic<uint32_t>& word) {
#ifdef __linux__
  ::syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
#else
  word.notify_all();
#endif
}

}  // namespace

uint64_t failure_count() { return failures.load(std::memory_order_acquire); }

EventPtr make_event(bool may_fail) {
  if (!may_fail) return std::make_shared<Event>();
  any_checks = true;
  return EventPtr(new Event, DeleteUncertain{});
}

bool may_fail(const EventPtr& event) {
  if (!event) return false;
  return event->done() ? event->failure() != nullptr
                       : std::get_deleter<DeleteUncertain>(event) != nullptr;
}

bool any_may_fail() {
  return any_checks.load(std::memory_order_relaxed) || failures.load(std::memory_order_relaxed) > 0;
}

FailurePtr current_failure(bool harmless) {
  try {
    throw;
  } catch (const OperationFailure& failure) {
    return make_failure(failure.error, true);
  } catch (const IndexError&) {
    return make_failure(std::current_exception(), true);
  } catch (const NonFiniteError&) {
    // What a guard looks at is computed beside what was there.
    return make_failure(std::current_exception(), true);
  } catch (...) {
    return make_failure(std::current_exception(), harmless);
  }
}

void Event::set_listener(void (*listener)()) { listener_of_all = listener; }

void Event::announce() {
  if (auto* listener = listener_of_all.load()) listener();
}

void Event::advance(uint32_t bits) {
  if (stage_.fetch_or(bits) & awaited_bit) wake_all(stage_);
}

uint32_t Event::wait_for(uint32_t bits) const {
  for (;;) {
    uint32_t stage = stage_.load();
    if (stage & bits) return stage;
    if (stage & awaited_bit) {
      sleep_while(stage_, stage, nullptr);
    } else {
      stage_.fetch_or(awaited_bit);
    }
  }
}

bool Event::wait_done_for(std::chrono::nanoseconds most) const {
  using Clock = std::chrono::steady_clock;
  if (!done() && issued() && mark_) mark_->follow();
  const Clock::time_point end = Clock::now() + most;
  for (;;) {
    uint32_t stage = stage_.load();
    if (stage & done_bit) return true;
    std::chrono::nanoseconds left = end - Clock::now();
    if (left.count() <= 0) return false;
    if (stage & awaited_bit) {
      sleep_while(stage_, stage, &left);
    } else {
      stage_.fetch_or(awaited_bit);
    }
  }
}

void Event::issue(MarkPtr mark) {
  mark_ = std::move(mark);
  advance(issued_bit);
  announce();
}

void Event::finish(FailurePtr failure) {
  // Before it can be seen, for `any_may_fail`, and after, for who has looked and not seen it.
  const bool failed = failure != nullptr;
  if (failed) failures.fetch_add(1, std::memory_order_release);
  failure_ = std::move(failure);
  advance(issued_bit | done_bit);
  if (failed) failures.fetch_add(1, std::memory_order_release);
  announce();
}

void Event::wait_done() const {
  if (!done() && issued() && mark_) mark_->follow();
  wait_for(done_bit);
}

void Event::wait() const {
  wait_done();
  if (failure_) failure_->raise();
}

}  // namespace lazulite
