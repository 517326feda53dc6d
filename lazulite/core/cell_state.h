#pragma once

#include "lazulite/core/cell.h"
#include "lazulite/core/history.h"

namespace lazulite {

/// The storage behind a Cell. Guarded by cells_mutex().
struct CellState {
  std::string name;
  Array value;
  History history;
  /// Not null in a cell that stands for each thread's own.
  CellPtr (*resolve)() = nullptr;

  /// Puts the last good value back if the value's computation has failed and somebody has been
  /// told. Returns the failure that nobody has been told of, if there is one.
  FailurePtr settle(History::Garbage& garbage) { return history.settle(value, garbage); }
};

/// Guards all cells; held for single reads and writes and while a run takes and replaces values.
std::mutex& cells_mutex();

/// The cell itself, or the calling thread's that it stands for.
CellPtr resolved(const CellPtr& cell);

}  // namespace lazulite
