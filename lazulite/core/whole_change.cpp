#include "lazulite/core/whole_change.h"

#include "lazulite/core/trace.h"

namespace lazulite {

void WholeChange::keep(const Cell& cell) {
  Trace* trace = current_trace();
  const CellPtr state = trace ? cell.state() : resolved(cell.state());
  if (seen_.count(state.get())) return;
  Kept kept{state, Array(), History()};
  if (trace) {
    if (trace->has_value(state)) kept.value = trace->read(state);
  } else {
    History::Garbage garbage;
    std::lock_guard lock(cells_mutex());
    (void)state->settle(garbage);
    kept.value = state->value;
    kept.history = state->history;
  }
  kept_.push_back(std::move(kept));
  seen_.insert(state.get());
}

WholeChange::~WholeChange() {
  Trace* trace = current_trace();
  for (auto kept = kept_.rbegin(); kept != kept_.rend(); ++kept) {
    if (trace) {
      trace->write(kept->cell, std::move(kept->value));
      continue;
    }
    std::lock_guard lock(cells_mutex());
    std::swap(kept->cell->value, kept->value);
    std::swap(kept->cell->history, kept->history);
  }
}

}  // namespace lazulite
