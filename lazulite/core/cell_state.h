#pragma once

#include "lazulite/core/buffer.h"
#include "lazulite/core/cell.h"
#include "lazulite/core/node.h"

namespace lazulite {

/// An array's elements without a claim to them: what a cell goes back to if the run that was to
/// replace its value fails. Nothing, where the cell was empty.
struct SavedValue {
  SavedValue() = default;
  explicit SavedValue(const Array& array);
  Array restore() const;
  /// Whether the elements still are those that were there when `content` was taken down.
  bool unchanged() const { return !content || buffer->content() == content; }
  /// Whether its own computation has failed.
  bool failed() const { return event && event->failure(); }

  bool present = false;
  Shape shape;
  Dtype dtype = Dtype::float32;
  BufferPtr buffer;
  int64_t offset = 0;
  Strides strides;
  EventPtr event;
  /// Of the buffer; 0 where whoever saved the value sees to it.
  uint64_t content = 0;
};

/// The storage behind a Cell. Guarded by cells_mutex().
struct CellState {
  std::string name;
  Array value;
  /// What the cell held before the first of the failed runs that stand behind `value`, or before
  /// values were put there that have not been computed yet.
  std::optional<SavedValue> last_good;
  /// What it held before `value`, where neither has been computed yet.
  Array before;
  /// How many failures there had been (core/failures.h) when none of them was the value's.
  uint64_t failures = 0;
  /// How often somebody other than a compiled function has put something there.
  uint64_t sets = 0;
  /// Not null in a cell that stands for each thread's own.
  CellPtr (*resolve)() = nullptr;
};

/// Guards all cells; held for single reads and writes and while a run takes and replaces values.
std::mutex& cells_mutex();

/// The cell itself, or the calling thread's that it stands for.
CellPtr resolved(const CellPtr& cell);

/// What a cell gave up with the cells locked, to be freed without.
struct CellGarbage {
  std::vector<Array> values;
  std::optional<SavedValue> saved;
};

/// With the cells locked: puts the last good value back if the value's computation has failed and
/// somebody has been told. Returns the failure that nobody has been told of, if there is one.
FailurePtr settle(CellState& cell, CellGarbage& garbage);

}  // namespace lazulite
