#pragma once

#include <nanobind/nanobind.h>

#include <vector>

#include "live_state.h"

namespace lazulite::python {

/// Puts the arrays of a state back where they were when this ends.
class RestoredState {
 public:
  explicit RestoredState(const LiveState& state);
  ~RestoredState();
  RestoredState(const RestoredState&) = delete;
  RestoredState& operator=(const RestoredState&) = delete;
  /// Whether the objects, too, go back to their places, and not only the arrays into their objects.
  bool failed = true;

  /// Takes out entries that the function has made, whose arrays stand for nothing any more.
  void take_out_traced(nb::handle root) const;
  /// What is there now stays; the objects live as long as this.
  void let_be() { before_.clear(); }
  /// What was in a place before; null where nothing was.
  const Array* stood_at(const LiveState::Place& place) const;

 private:
  const LiveState& state_;
  std::vector<nb::object> objects_;
  std::vector<Array> before_;
};

}  // namespace lazulite::python
