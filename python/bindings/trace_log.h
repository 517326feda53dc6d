#pragma once

#include <nanobind/nanobind.h>

#include <optional>

#include "lazulite/core/observer.h"
#include "state_description.h"

namespace lazulite::python {

namespace nb = nanobind;

/// What a compiled function was traced for last, from which its next trace says what differs.
class TraceLog {
 public:
  /// One trace, from before it until `traced` is called; not reported if that never happens.
  class Entry {
   public:
    Entry(TraceLog& log, nb::handle function, StateDescription description);
    void traced();

   private:
    TraceLog& log_;
    StateDescription description_;
    std::optional<Retrace> retrace_;  // where somebody watches
  };

 private:
  std::optional<StateDescription> last_;
};

}  // namespace lazulite::python
