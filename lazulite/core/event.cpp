#include "lazulite/core/event.h"

#include <new>

#include "lazulite/core/errors.h"

namespace lazulite {
namespace {

std::atomic<void (*)()> listener_of_all{nullptr};

// Made beforehand, for when there is no memory left to say so; never destroyed.
const FailurePtr& out_of_memory =
    *new FailurePtr(std::make_shared<Failure>(std::make_exception_ptr(std::bad_alloc()), false));

}  // namespace

FailurePtr current_failure(bool harmless) {
  try {
    try {
      throw;
    } catch (const OperationFailure& failure) {
      return std::make_shared<Failure>(failure.error, true);
    } catch (const IndexError&) {
      return std::make_shared<Failure>(std::current_exception(), true);
    } catch (...) {
      return std::make_shared<Failure>(std::current_exception(), harmless);
    }
  } catch (const std::bad_alloc&) {
    return out_of_memory;
  }
}

void Event::set_listener(void (*listener)()) { listener_of_all = listener; }

void Event::announce() {
  if (auto* listener = listener_of_all.load()) listener();
}

void Event::advance(uint8_t bits) {
  if (stage_.fetch_or(bits) & awaited_bit) stage_.notify_all();
}

uint8_t Event::wait_for(uint8_t bits) const {
  for (;;) {
    uint8_t stage = stage_.load();
    if (stage & bits) return stage;
    if (stage & awaited_bit) {
      stage_.wait(stage);
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
  failure_ = std::move(failure);
  advance(issued_bit | done_bit);
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
