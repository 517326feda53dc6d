#include "live_compile.h"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "arguments.h"
#include "compile_state.h"
#include "evaluation.h"
#include "lazulite/core/errors.h"
#include "lazulite/core/trace.h"
#include "lazulite/program/executor.h"
#include "lazulite/transforms/shapeless.h"
#include "lazulite/transforms/traced.h"
#include "random_state.h"
#include "trace_gate.h"
#include "transforms.h"

namespace lazulite::python {
namespace {

// More versions than this are rarely of use, and each keeps a plan.
constexpr size_t most_versions = 64;

const Array& nothing() {
  static const Array& array = *new Array(Scalar(0));
  return array;
}

// Dtypes and numbers of axes.
std::string kinds_of(const Arrays& arrays) {
  std::string out;
  for (const Array& array : arrays) {
    out += name_of(array.dtype());
    out += std::to_string(array.ndim()) + ",";
  }
  return out;
}

void collect_garbage() {
  WithGil gil;
  nb::module_::import_("gc").attr("collect")();
}

}  // namespace

/// What was traced for one state of everything that the function reaches.
struct LiveFunction::Version {
  struct Change {
    size_t place;   // in the order of the state
    bool replaced;  // by another array object; otherwise the object has another array
  };

  std::optional<CompiledFunction> compiled;
  nb::object result;  // its tree
  std::vector<nb::object> named;
  std::vector<Change> changes;
  /// Whether the function left the state as it was but for arrays, so that it can be run again.
  bool repeatable = true;
  // What was built for arrays of these kinds, where shapes may differ from call to call.
  std::unordered_map<std::string, ShapelessTrace> recordings;
  // For the call that traces.
  nb::object root;
  std::vector<Array*> fresh;  // where the results of a function that is not repeatable go
  std::vector<nb::object> fresh_objects;
  std::vector<Before> fresh_before;  // what stood in their places
};

LiveFunction::LiveFunction(nb::callable function, bool shapeless)
    : function_(std::move(function)), shapeless_(shapeless) {}

std::shared_ptr<LiveFunction::Version> LiveFunction::version_of(const LiveState& state,
                                                                bool& is_new) {
  auto found = versions_.find(state.key());
  is_new = found == versions_.end();
  if (!is_new) return found->second;
  auto version = std::make_shared<Version>();
  for (PyObject* object : state.named()) version->named.push_back(nb::borrow(object));
  auto body = [this, raw = version.get()](const Arrays& arrays) {
    WithGil gil;
    return shapeless_ ? trace_once(*raw, arrays) : trace(*raw, arrays);
  };
  CompileOptions options;
  // What is kept to be built again is no escape.
  options.check_escapes = !shapeless_;
  options.release_garbage = collect_garbage;
  options.name.clear();
  version->compiled.emplace(body, options);
  if (order_.size() >= most_versions) forget(std::string(order_.front()));
  order_.push_back(state.key());
  versions_[state.key()] = version;
  return version;
}

void LiveFunction::forget(const std::string& key) {
  versions_.erase(key);
  auto place = std::find(order_.begin(), order_.end(), key);
  if (place != order_.end()) order_.erase(place);
}

// Puts the arrays of a state back where they were.
class LiveFunction::Restored {
 public:
  explicit Restored(const LiveState& state) : state_(state) {
    for (const LiveState::Place& place : state.places()) {
      objects_.push_back(nb::borrow(place.array));
      before_.push_back(LiveState::array_at(place));
    }
  }
  ~Restored() {
    for (size_t i = 0; i < before_.size(); ++i) *nb::inst_ptr<Array>(objects_[i]) = before_[i];
    if (!failed) return;
    for (size_t i = 0; i < objects_.size(); ++i) put_back(state_.places()[i], objects_[i]);
  }
  bool failed = true;

  // Entries that the function has made, whose arrays stand for nothing any more.
  void take_out_traced(nb::handle root) const {
    const LiveState now(root);
    for (const LiveState::Place& place : now.places()) {
      const bool entry =
          place.kind == LiveState::Place::entry || place.kind == LiveState::Place::attribute;
      if (!entry || stood_at(place) || !is_traced(LiveState::array_at(place))) continue;
      if (PyDict_DelItem(place.container, place.key.ptr())) PyErr_Clear();
    }
  }

  // What is there now stays; the objects live as long as this.
  void let_be() { before_.clear(); }

  // What was in a place before; null where nothing was.
  const Array* stood_at(const LiveState::Place& place) const {
    for (size_t i = 0; i < before_.size(); ++i) {
      const LiveState::Place& old = state_.places()[i];
      const bool same_object = old.array == place.array;
      const bool same_place = old.container && old.container == place.container &&
                              old.kind == place.kind && old.key.is(place.key) &&
                              old.index == place.index;
      if (same_object || same_place) return &before_[i];
    }
    return nullptr;
  }

 private:
  static void put_back(const LiveState::Place& place, const nb::object& object) {
    int error = 0;
    if (place.kind == LiveState::Place::cell) {
      error = PyObject_SetAttrString(place.container, "cell_contents", object.ptr());
    } else if (place.kind != LiveState::Place::item) {
      error = PyDict_SetItem(place.container, place.key.ptr(), object.ptr());
    } else if (place.container && PyList_Check(place.container) &&
               place.index < PyList_Size(place.container)) {
      error = PyList_SetItem(place.container, place.index, nb::object(object).release().ptr());
    }
    if (error) PyErr_Clear();
  }
  const LiveState& state_;
  std::vector<nb::object> objects_;
  Arrays before_;
};

nb::object LiveFunction::call(nb::args args, nb::kwargs kwargs) {
  TraceGate::wait();
  if (!compile_enabled() || current_trace() || retain_token()) return function_(*args, **kwargs);
  {
    WithoutGil released;
    Executor::wait_for_room();
  }
  settle_runs();
  TraceGate::wait();
  // From here on nothing gives the GIL away where the function is known: other threads may replace
  // what was found.
  nb::object root = nb::make_tuple(function_, args, kwargs, thread_state());
  LiveState state(root);
  bool is_new;
  std::shared_ptr<Version> version = version_of(state, is_new);
  std::vector<Before> before(version->changes.size());
  if (!is_new) return finish(*version, state, run_again(*version, state, before), before);
  const TraceGate traces;
  version->root = root;
  Arrays given, results;
  for (const LiveState::Place& place : state.places()) given.push_back(LiveState::array_at(place));
  const Arrays originals = given;
  // What is traced may not run, and other threads may replace what was found meanwhile.
  Restored restored(state);
  try {
    results = trace_first(*version, root, std::move(given));
  } catch (...) {
    forget(state.key());
    restored.take_out_traced(root);
    throw;
  }
  restored.failed = false;
  version->root.reset();
  if (!version->repeatable) forget(state.key());
  for (const Version::Change& change : version->changes) {
    before.emplace_back(originals[change.place]);
  }
  restored.let_be();
  return finish(*version, state, std::move(results), before);
}

Arrays LiveFunction::trace_first(Version& version, const nb::object& root, Arrays given) {
  StateDescription description;
  LiveState(root, &description);
  TraceLog::Entry entry(log_, function_, std::move(description));
  Arrays results;
  {
    WithoutGil released;
    results = (*version.compiled)(std::move(given));
  }
  entry.traced();
  return results;
}

std::shared_ptr<const Plan> LiveFunction::plan() const {
  if (order_.empty()) return nullptr;
  const std::shared_ptr<Version>& version = versions_.at(order_.back());
  return version->compiled ? version->compiled->plan() : nullptr;
}

// Arrays that will be replaced, and that nobody else holds, lend their memory to the results. With
// the GIL, as their objects are empty meanwhile.
Arrays LiveFunction::run_again(Version& version, const LiveState& state,
                               std::vector<Before>& before) {
  Arrays given;
  size_t change = 0;
  for (size_t i = 0; i < state.places().size(); ++i) {
    const LiveState::Place& place = state.places()[i];
    Array& array = LiveState::array_at(place);
    bool changes = change < version.changes.size() && version.changes[change].place == i;
    // All names of an object that stays see the new array.
    bool alone = changes && (can_take(place.array) ||
                             (!version.changes[change].replaced && array.is_evaluated() &&
                              array.node()->use_count() == 1));
    if (alone) {
      Array out;
      before[change] = Before::take(place.array, out);
      given.push_back(std::move(out));
    } else {
      given.push_back(array);
      if (changes) before[change] = Before(place.array);
    }
    if (changes) ++change;
  }
  try {
    return (*version.compiled)(std::move(given));
  } catch (...) {
    for (Before& one : before) one.give_back();
    throw;
  }
}

nb::object LiveFunction::finish(Version& version, const LiveState& state, Arrays results,
                                std::vector<Before>& before) {
  size_t next = 0;
  nb::object out = with_arrays(version.result, results, next);
  if (!version.repeatable) {
    for (size_t i = 0; i < version.fresh.size(); ++i) {
      *version.fresh[i] = results.at(next++);
      if (version.fresh_before[i].present()) {
        remember(version.fresh_objects[i], version.fresh_before[i]);
      }
    }
    version.fresh.clear();
    version.fresh_objects.clear();
    version.fresh_before.clear();
    return out;
  }
  for (size_t i = 0; i < version.changes.size(); ++i) {
    const Version::Change& change = version.changes[i];
    const LiveState::Place& place = state.places()[change.place];
    nb::object object;
    Array result = std::move(results.at(next++));
    if (change.replaced) {
      object = LiveState::put(place, result);
    } else {
      LiveState::array_at(place) = result;
      object = nb::borrow(place.array);
    }
    if (before[i].present()) remember(object, before[i]);
  }
  return out;
}

Arrays LiveFunction::trace(Version& version, const Arrays& arrays) {
  LiveState before(version.root);
  Restored restored(before);
  for (size_t i = 0; i < arrays.size(); ++i) LiveState::array_at(before.places()[i]) = arrays[i];
  nb::args args = nb::borrow<nb::args>(version.root[1]);
  nb::kwargs kwargs = nb::borrow<nb::kwargs>(version.root[2]);
  nb::object result = function_(*args, **kwargs);
  Arrays results = arrays_in(result, Leaves::any, "compile");
  version.result = without_values(result);
  result.reset();

  LiveState after(version.root);
  version.changes.clear();
  version.fresh.clear();
  version.fresh_objects.clear();
  version.fresh_before.clear();
  version.repeatable = before.key() == after.key();
  auto is_old = [&](const LiveState::Place& place, size_t i) {
    return i < before.places().size() && before.places()[i].array == place.array;
  };
  for (size_t i = 0; i < after.places().size(); ++i) {
    const LiveState::Place& place = after.places()[i];
    Array& array = LiveState::array_at(place);
    if (version.repeatable) {
      // Another object with the same array is a change as well.
      if (array.is_same(arrays[i]) && is_old(place, i)) continue;
      version.changes.push_back({i, !is_old(place, i)});
      results.push_back(array);
    } else {
      // What is left alone, wherever it is now, keeps its value.
      bool known = std::any_of(arrays.begin(), arrays.end(),
                               [&](const Array& given) { return given.is_same(array); });
      bool same_object =
          std::any_of(before.places().begin(), before.places().end(),
                      [&](const LiveState::Place& old) { return old.array == place.array; });
      if (known && same_object) continue;
      version.fresh.push_back(&array);
      version.fresh_objects.push_back(nb::borrow(place.array));
      const Array* stood = restored.stood_at(place);
      version.fresh_before.push_back(stood ? Before(*stood) : Before());
      results.push_back(array);
    }
    array = nothing();
  }
  restored.failed = false;
  return results;
}

// The function is called for the first shapes alone; for others, what it built is built again.
Arrays LiveFunction::trace_once(Version& version, const Arrays& arrays) {
  const std::string kinds = kinds_of(arrays);
  auto found = version.recordings.find(kinds);
  if (found != version.recordings.end()) return found->second.again(arrays);
  ShapelessTrace recording =
      ShapelessTrace::of([&](const Arrays& given) { return trace(version, given); }, arrays);
  Arrays results = recording.results();
  if (version.repeatable && recording.is_closed()) {
    if (version.recordings.size() == most_versions) version.recordings.clear();
    version.recordings.try_emplace(kinds, std::move(recording));
  }
  return results;
}

int LiveFunction::traverse(visitproc visit, void* arg) {
  Py_VISIT(function_.ptr());
  for (auto& [key, version] : versions_) {
    Py_VISIT(version->result.ptr());
    for (nb::object& object : version->named) Py_VISIT(object.ptr());
  }
  return 0;
}

void LiveFunction::clear() {
  function_.reset();
  versions_.clear();
  order_.clear();
}

}  // namespace lazulite::python
