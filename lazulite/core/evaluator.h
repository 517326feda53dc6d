#pragma once

#include <span>

#include "lazulite/core/array.h"
#include "lazulite/core/source_place.h"

namespace lazulite {

/// The services that arrays need from the layers above them. The evaluation registers itself when
/// the library is loaded.
class Evaluator {
 public:
  /// Schedules what `arrays` need; with `wait`, returns when their values are there. `where` is the
  /// line that asks, if it is known.
  virtual void evaluate(std::span<const Array> arrays, bool wait, SourcePlace where) = 0;
  /// Told of every new pending node, so that it can keep the graph within its budget.
  virtual void node_created(Node& node) = 0;

 protected:
  ~Evaluator() = default;  // nobody ends one: arrays may be evaluated until the process is gone
};

Evaluator& evaluator();
void set_evaluator(Evaluator& evaluator);

}  // namespace lazulite
