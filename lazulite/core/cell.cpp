#include "lazulite/core/cell.h"

#include "lazulite/core/cell_state.h"
#include "lazulite/core/errors.h"
#include "lazulite/core/fork.h"
#include "lazulite/core/release.h"
#include "lazulite/core/trace.h"

namespace lazulite {
namespace {

[[maybe_unused]] const bool held_in_forks = (add_fork_handler(holding<cells_mutex>(1)), true);

}  // namespace

std::mutex& cells_mutex() {
  static auto* mutex = new std::mutex;
  return *mutex;
}

CellPtr resolved(const CellPtr& cell) { return cell->resolve ? cell->resolve() : cell; }

Cell::Cell() : state_(std::make_shared<CellState>()) {}

Cell::Cell(Array value, std::string name) : Cell() {
  state_->name = std::move(name);
  // The first value has nothing before it to go back to.
  if (current_trace()) {
    set(std::move(value));
  } else {
    state_->value = std::move(value);
  }
}

Cell Cell::of_thread(CellPtr (*resolve)()) {
  Cell cell;
  cell.state_->resolve = resolve;
  return cell;
}

bool Cell::has_value() const {
  if (auto* overlay = CellOverlay::find(state_)) return overlay->valid();
  if (Trace* trace = current_trace()) return trace->has_value(state_);
  CellPtr state = resolved(state_);
  History::Garbage garbage;
  std::lock_guard lock(cells_mutex());
  (void)state->settle(garbage);
  return state->value.valid();
}

Array Cell::get() const {
  if (auto* overlay = CellOverlay::find(state_)) {
    if (overlay->valid()) return *overlay;
  } else if (Trace* trace = current_trace()) {
    if (trace->has_value(state_)) return trace->read(state_);
  } else {
    CellPtr state = resolved(state_);
    History::Garbage garbage;
    std::lock_guard lock(cells_mutex());
    (void)state->settle(garbage);
    if (state->value.valid()) return state->value;
  }
  throw Error("the cell '" + name() + "' was read before an array was put into it");
}

void Cell::set(Array value, bool to_be_tied) {
  CellOverlay::forget(state_);
  if (Trace* trace = current_trace()) {
    trace->write(state_, std::move(value));
    return;
  }
  CellPtr state = resolved(state_);
  History::Garbage garbage;
  std::lock_guard lock(cells_mutex());
  // Keys depend on nothing that may fail.
  if (!state_->resolve) {
    (void)state->settle(garbage);
    state->history.keep(state->value, value, to_be_tied, garbage);
  }
  std::swap(state->value, value);
}

void Cell::tie(const Array& other) {
  expect_array("tie", other);
  if (current_trace()) return;
  CellPtr state = resolved(state_);
  History::Garbage garbage;
  std::lock_guard lock(cells_mutex());
  state->history.tie(other, garbage);
}

std::string Cell::name() const {
  CellPtr state = resolved(state_);
  std::lock_guard lock(cells_mutex());
  return state->name;
}

void Cell::set_name(std::string name) {
  CellPtr state = resolved(state_);
  std::lock_guard lock(cells_mutex());
  state->name.swap(name);
}

void Version::bump() {
  // From the top down, where no hash of a few flags is likely to be.
  static std::atomic<uint64_t> next{~uint64_t{0}};
  set(next.fetch_sub(1));
}

void Version::observe() const {
  if (Trace* trace = current_trace()) trace->observe(value_);
}

}  // namespace lazulite
