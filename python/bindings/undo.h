#pragma once

#include <nanobind/nanobind.h>

#include <vector>

#include "lazulite/core/history.h"
#include "new_places.h"

// What array objects go back to if what replaced their arrays turns out to have failed: a step, be
// it compiled or not, returns before it has run. An object that takes the place of another takes
// over what that one would go back to.
namespace lazulite::python {

namespace nb = nanobind;

/// What an array object goes back to.
struct Undo {
  History history;
  /// Where nothing was at first.
  NewPlaces places;
};

/// What an array object held before a run.
class Before {
 public:
  Before() = default;
  /// Of an object that keeps its array.
  explicit Before(nb::handle object);
  /// Of one that may hold another by now, or be gone when its place is taken: its array then.
  Before(nb::handle object, const Array& array);
  /// Where no array was.
  explicit Before(NewPlaces places);
  /// Takes the array out of its object, so that a run may have its memory.
  static Before take(nb::handle object, Array& array);

  bool present() const { return present_; }
  /// The run did not begin: the object holds what it held.
  void give_back();
  /// What it goes back to, for the object that takes its place.
  Undo&& undo() { return std::move(undo_); }

 private:
  bool present_ = false;
  nb::object object_;
  bool taken_ = false;
  SavedValue saved_;
  Undo undo_;
};

/// Whether nobody but its container holds an array's object, and nothing else the array.
bool can_take(nb::handle object);

/// Remembers what an object goes back to if the run that computes its array fails.
void remember(nb::handle object, Before& before);

/// Lets all objects go back whose arrays have failed. Throws a failure that nobody has been told
/// of.
void settle_runs();

/// Says in Python what takes whose place, and forgets all of it when Python ends.
void bind_undo(nb::module_& m);

}  // namespace lazulite::python
