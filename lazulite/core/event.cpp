#include "lazulite/core/event.h"

namespace lazulite {
namespace {

std::atomic<void (*)()> listener_of_all{nullptr};

}  // namespace

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
