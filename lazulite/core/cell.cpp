#include "lazulite/core/cell.h"

#include "lazulite/core/cell_state.h"
#include "lazulite/core/errors.h"
#include "lazulite/core/fork.h"
#include "lazulite/core/trace.h"

namespace lazulite {
namespace {

[[maybe_unused]] const bool held_in_forks = (add_fork_handler(holding<cells_mutex>(1)), true);

}  // namespace

SavedValue::SavedValue(const Array& array) {
  if (!array.valid()) return;
  const Output& output = array.node()->outputs[array.output()];
  present = true;
  shape = output.shape;
  dtype = output.dtype;
  buffer = output.buffer.buffer();
  offset = output.offset;
  strides = output.strides;
  event = array.node()->event();
}

Array SavedValue::restore() const {
  if (!present) return Array();
  Node::State state = event ? Node::State::scheduled : Node::State::ready;
  return Array(new Node(state, Output{shape, dtype, buffer, offset, strides}, event), 0);
}

std::mutex& cells_mutex() {
  static auto* mutex = new std::mutex;
  return *mutex;
}

CellPtr resolved(const CellPtr& cell) { return cell->resolve ? cell->resolve() : cell; }

FailurePtr settle(CellState& cell, CellGarbage& garbage) {
  if (!cell.value.valid()) return nullptr;
  EventPtr event = cell.value.node()->event();
  FailurePtr failure = event ? event->failure() : nullptr;
  if (!failure) {
    if (!event || event->done()) garbage.saved.swap(cell.last_good);
    return nullptr;
  }
  if (!failure->raised) return failure;
  if (cell.last_good) {
    Array restored = cell.last_good->restore();
    garbage.value = std::exchange(cell.value, std::move(restored));
    garbage.saved.swap(cell.last_good);
  }
  return nullptr;
}

Cell::Cell() : state_(std::make_shared<CellState>()) {}

Cell::Cell(Array value, std::string name) : Cell() {
  state_->name = std::move(name);
  set(std::move(value));
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
  CellGarbage garbage;
  std::lock_guard lock(cells_mutex());
  (void)settle(*state, garbage);
  return state->value.valid();
}

Array Cell::get() const {
  if (!has_value()) {
    throw Error("the cell '" + name() + "' was read before an array was put into it");
  }
  if (auto* overlay = CellOverlay::find(state_)) return *overlay;
  if (Trace* trace = current_trace()) return trace->read(state_);
  CellPtr state = resolved(state_);
  CellGarbage garbage;
  std::lock_guard lock(cells_mutex());
  (void)settle(*state, garbage);
  return state->value;
}

void Cell::set(Array value) {
  CellOverlay::forget(state_);
  if (Trace* trace = current_trace()) {
    trace->write(state_, std::move(value));
    return;
  }
  CellPtr state = resolved(state_);
  std::optional<SavedValue> saved;
  std::lock_guard lock(cells_mutex());
  std::swap(state->value, value);
  saved.swap(state->last_good);
  ++state->sets;
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
