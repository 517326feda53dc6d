#pragma once

#include <nanobind/nanobind.h>

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>

#include "lazulite/transforms/compile.h"
#include "live_state.h"
#include "new_places.h"
#include "trace_log.h"
#include "undo.h"

namespace lazulite::python {

namespace nb = nanobind;

/// A compiled function that follows what it reaches (LiveState): arrays there are inputs, numbers,
/// strings and what they hang on choose the version, and what the function changes is changed.
class LiveFunction {
 public:
  LiveFunction(nb::callable function, bool shapeless);
  nb::object call(nb::args args, nb::kwargs kwargs);
  nb::handle function() const { return function_; }
  /// That of its last version; null if there is none.
  std::shared_ptr<const Plan> plan() const;
  int traverse(visitproc visit, void* arg);
  void clear();

 private:
  struct Version;
  std::shared_ptr<Version> version_of(const LiveState& state, bool& is_new);
  Arrays trace(Version& version, const Arrays& arrays);
  Arrays trace_once(Version& version, const Arrays& arrays);
  Arrays run_again(Version& version, const LiveState& state, std::vector<Before>& before);
  nb::object finish(Version& version, const LiveState& state, Arrays results,
                    std::vector<Before>& before);
  void forget(const std::string& key);
  Arrays trace_first(Version& version, const nb::object& root, Arrays given, Contents& contents);

  nb::callable function_;
  bool shapeless_;
  std::unordered_map<std::string, std::shared_ptr<Version>> versions_;
  std::deque<std::string> order_;  // of the versions, the oldest first
  TraceLog log_;
};

}  // namespace lazulite::python
