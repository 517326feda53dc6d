#include "lazulite/core/trace.h"

#include "lazulite/core/errors.h"

namespace lazulite {
namespace {

thread_local Trace* active_trace = nullptr;
thread_local int retain_depth = 0;
thread_local std::shared_ptr<bool> active_retain;
thread_local RetainToken active_token;

}  // namespace

Trace* current_trace() { return active_trace; }
TraceScope::TraceScope(Trace* trace) : previous_(std::exchange(active_trace, trace)) {}
TraceScope::~TraceScope() { active_trace = previous_; }

RetainScope::RetainScope() {
  if (retain_depth++ > 0) return;
  active_retain = std::make_shared<bool>(true);
  active_token = active_retain;
}
RetainScope::~RetainScope() {
  if (--retain_depth > 0) return;
  *active_retain = false;
  active_retain = nullptr;
  active_token = nullptr;
}
const RetainToken& retain_token() { return active_token; }

bool Cell::has_value() const {
  return active_trace ? active_trace->has_value(state_) : state_->value.valid();
}

Array Cell::get() const {
  if (!has_value()) {
    throw Error("the cell '" + state_->name + "' was read before an array was put into it");
  }
  return active_trace ? active_trace->read(state_) : state_->value;
}

void Cell::set(Array value) {
  if (active_trace) {
    active_trace->write(state_, std::move(value));
  } else {
    state_->value = std::move(value);
  }
}

void Version::observe() const {
  if (active_trace) active_trace->observe(count_);
}

}  // namespace lazulite
