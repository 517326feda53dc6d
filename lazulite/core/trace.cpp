#include "lazulite/core/trace.h"

#include "lazulite/core/errors.h"

namespace lazulite {
namespace {

thread_local Trace* active_trace = nullptr;
thread_local int retain_depth = 0;

}  // namespace

Trace* current_trace() { return active_trace; }
TraceScope::TraceScope(Trace* trace) : previous_(std::exchange(active_trace, trace)) {}
TraceScope::~TraceScope() { active_trace = previous_; }

RetainScope::RetainScope() { ++retain_depth; }
RetainScope::~RetainScope() { --retain_depth; }
bool retaining() { return retain_depth > 0; }

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
