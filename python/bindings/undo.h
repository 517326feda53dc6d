#pragma once

#include <nanobind/nanobind.h>

#include <vector>

#include "lazulite/core/cell_state.h"

// A compiled step writes its results into the memory of the arrays that it replaces, and returns
// before it has run. If it turns out later that a check failed, nothing was written: then the
// array objects get their last good values back.
namespace lazulite::python {

namespace nb = nanobind;

/// What an array object held before a run: the array itself, or where a run was given its memory,
/// its elements without a claim to them.
class Before {
 public:
  Before() = default;
  explicit Before(const Array& array);
  /// Takes the array out of its object, so that a run may have its memory.
  static Before take(nb::handle object, Array& array);

  bool present() const { return present_; }
  Array restore() const { return held_.valid() ? held_ : saved_.restore(); }
  bool taken() const { return present_ && !held_.valid(); }
  /// The number of the array's node.
  uint64_t sequence() const { return sequence_; }

 private:
  bool present_ = false;
  Array held_;
  SavedValue saved_;
  uint64_t sequence_ = 0;
};

/// Whether nobody but its container holds an array's object, and nothing else the array.
bool can_take(nb::handle object);

/// Puts arrays that were taken back into their objects, in the order of those of `before` that
/// were.
void give_back(const std::vector<nb::handle>& objects, const std::vector<Before>& before) noexcept;

/// Remembers what the array in an object goes back to if the run that computes it fails.
void remember(nb::object object, const Before& before);

/// Looks at the runs that have ended: gives objects their values back where one has failed. Throws
/// its error if nobody has been told of it.
void settle_runs();

/// Forgets all of it when Python ends.
void bind_undo();

}  // namespace lazulite::python
