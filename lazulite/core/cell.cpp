#include "lazulite/core/cell.h"

#include <algorithm>
#include <unordered_set>

#include "lazulite/core/cell_state.h"
#include "lazulite/core/errors.h"
#include "lazulite/core/failures.h"
#include "lazulite/core/fork.h"
#include "lazulite/core/trace.h"

namespace lazulite {
namespace {

[[maybe_unused]] const bool held_in_forks = (add_fork_handler(holding<cells_mutex>(1)), true);

bool is_pending(const Array& array) { return array.node()->state() == Node::State::pending; }

FailurePtr failure_of(const Array& array) {
  EventPtr event = array.node()->event();
  return event ? event->failure() : nullptr;
}

// A failure of what a pending value is computed from; one that somebody has been told of if there
// are several.
FailurePtr failure_behind(const Array& value, CellGarbage& garbage) {
  std::vector<Array> computed;
  {
    std::lock_guard lock(graph_mutex());
    std::unordered_set<Node*> seen;
    std::vector<Node*> left{value.node()};
    while (!left.empty()) {
      Node* node = left.back();
      left.pop_back();
      if (!seen.insert(node).second) continue;
      if (node->state() == Node::State::scheduled) computed.emplace_back(node, 0);
      for (const Array& input : node->inputs) left.push_back(input.node());
    }
  }
  FailurePtr found;
  for (Array& array : computed) {
    FailurePtr failure = failure_of(array);
    if (failure && (!found || failure->raised)) found = std::move(failure);
    garbage.values.push_back(std::move(array));
  }
  return found;
}

bool has_failed(const Array& array, CellGarbage& garbage) {
  return is_pending(array) ? failure_behind(array, garbage) != nullptr
                           : failure_of(array) != nullptr;
}

// Back to the value before, or else to the last good one if its elements are still there.
void go_back(CellState& cell, CellGarbage& garbage) {
  Array restored = std::exchange(cell.before, Array());
  if (!restored.valid() || has_failed(restored, garbage)) {
    garbage.values.push_back(std::move(restored));
    if (!cell.last_good || !cell.last_good->unchanged()) return;
    restored = cell.last_good->restore();
    garbage.saved.swap(cell.last_good);
  }
  garbage.values.push_back(std::exchange(cell.value, std::move(restored)));
}

void forget_earlier(CellState& cell, CellGarbage& garbage) {
  if (cell.before.valid()) garbage.values.push_back(std::exchange(cell.before, Array()));
  garbage.saved.swap(cell.last_good);
}

// Before `next` is put into the cell: what it goes back to if that cannot be computed. What is
// under way is not kept, since its memory would have to be.
void save_earlier(CellState& cell, const Array& next, CellGarbage& garbage) {
  (void)settle(cell, garbage);
  if (cell.value.valid() && next.valid() && is_pending(next) && is_pending(cell.value)) {
    garbage.values.push_back(std::exchange(cell.before, cell.value));
    return;
  }
  if (cell.value.valid() && failure_of(cell.value) && next.valid() && is_pending(next)) return;
  forget_earlier(cell, garbage);
  if (!cell.value.valid() || !next.valid() || !is_pending(next)) return;
  if (EventPtr event = cell.value.node()->event(); event && !event->done()) return;
  cell.last_good.emplace(cell.value);
  cell.last_good->content = cell.value.node()->outputs[cell.value.output()].buffer->content();
}

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
  if (is_pending(cell.value)) {
    const uint64_t failures = failure_count();
    if ((!cell.before.valid() && !cell.last_good) || cell.failures == failures) return nullptr;
    FailurePtr failure = failure_behind(cell.value, garbage);
    if (!failure) cell.failures = failures;
    if (failure && failure->raised) go_back(cell, garbage);
    return nullptr;
  }
  EventPtr event = cell.value.node()->event();
  FailurePtr failure = event ? event->failure() : nullptr;
  if (!failure) {
    if (!event || event->done()) forget_earlier(cell, garbage);
    return nullptr;
  }
  if (!failure->raised) return failure;
  go_back(cell, garbage);
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
  CellGarbage garbage;
  std::lock_guard lock(cells_mutex());
  // Keys depend on nothing that may fail.
  if (!state_->resolve) save_earlier(*state, value, garbage);
  std::swap(state->value, value);
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
