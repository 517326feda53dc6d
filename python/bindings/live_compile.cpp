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
#include "made_containers.h"
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

  /// Where a result goes whose object the function made while it was traced.
  struct Fresh {
    nb::object object;
    std::optional<Restored::Stood> stood;  // in its place
    NewPlaces places;                      // if nothing did

    Before before() const { return stood ? Before(stood->object, stood->array) : Before(places); }
  };

  std::optional<CompiledFunction> compiled;
  nb::object result;  // its tree
  std::vector<nb::object> named;
  std::vector<Change> changes;
  std::optional<MadeContainers> made;
  /// Whether the function left the state as it was but for arrays, so that it can be run again.
  bool repeatable = true;
  // What was built for arrays of these kinds, where shapes may differ from call to call.
  std::unordered_map<std::string, ShapelessTrace> recordings;
  // For the call that traces.
  nb::object root;
  std::vector<Fresh> fresh;
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

nb::object LiveFunction::call(nb::args args, nb::kwargs kwargs) {
  const auto reaches = [&] { return reaches_traced(nb::make_tuple(function_, args, kwargs)); };
  auto goes_past = [&] { return TraceGate::wait(reaches) == TraceGate::Way::past; };
  auto call_past = [&] {
    const TraceGate::Past scope;
    return nb::object(function_(*args, **kwargs));
  };
  if (goes_past()) return call_past();
  if (!compile_enabled() || current_trace() || retain_token()) return function_(*args, **kwargs);
  {
    WithoutGil released;
    Executor::wait_for_room();
  }
  settle_runs();
  if (goes_past()) return call_past();
  // Looking at what the function reaches may run code of Python, which gives the GIL away.
  const TraceGate alone;
  // From here on nothing gives the GIL away where the function is known: other threads may replace
  // what was found.
  nb::object root = nb::make_tuple(function_, args, kwargs, thread_state());
  LiveState state(root);
  bool is_new;
  std::shared_ptr<Version> version = version_of(state, is_new);
  std::vector<Before> before(version->changes.size());
  if (!is_new) return finish(*version, state, run_again(*version, state, before), before);
  version->root = root;
  Arrays given, results;
  for (const LiveState::Place& place : state.places()) given.push_back(LiveState::array_at(place));
  // What is traced may not run, and other threads may replace what was found meanwhile.
  Restored restored(state);
  Contents contents;
  try {
    results = trace_first(*version, root, std::move(given), contents);
  } catch (...) {
    forget(state.key());
    restored.take_out_traced(root, contents);
    throw;
  }
  restored.failed = false;
  version->root.reset();
  if (!version->repeatable) forget(state.key());
  const std::vector<Restored::Stood> stood = restored.let_be();
  for (const Version::Change& change : version->changes) {
    before.emplace_back(stood[change.place].object, stood[change.place].array);
  }
  return finish(*version, state, std::move(results), before);
}

Arrays LiveFunction::trace_first(Version& version, const nb::object& root, Arrays given,
                                 Contents& contents) {
  StateDescription description;
  LiveState(root, &description, &contents);
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
  // What has been traced just now stands in its place already.
  if (version.made && version.fresh.empty()) {
    auto [objects, places] = version.made->put(state, results.data() + next);
    for (const nb::object& object : objects) {
      Before one(places);
      remember(object, one);
    }
  }
  for (const Version::Fresh& fresh : version.fresh) {
    Before one = fresh.before();
    *array_of(fresh.object) = results.at(next++);
    remember(fresh.object, one);
  }
  version.fresh.clear();
  return out;
}

Arrays LiveFunction::trace(Version& version, const Arrays& arrays) {
  Contents contents, contents_after;
  LiveState before(version.root, nullptr, &contents);
  Restored restored(before);
  for (size_t i = 0; i < arrays.size(); ++i) LiveState::array_at(before.places()[i]) = arrays[i];
  nb::args args = nb::borrow<nb::args>(version.root[1]);
  nb::kwargs kwargs = nb::borrow<nb::kwargs>(version.root[2]);
  nb::object result;
  {
    const TraceGate::Calling scope;
    result = function_(*args, **kwargs);
  }
  Arrays results = arrays_in(result, Leaves::any, "compile");
  version.result = without_values(result);
  result.reset();

  LiveState after(version.root, nullptr, &contents_after);
  version.changes.clear();
  version.fresh.clear();
  version.repeatable = before.key() == after.key();
  version.made.reset();
  if (version.repeatable && MadeContainers::any(before, after)) {
    version.made = MadeContainers::between(before, after, arrays);
    version.repeatable = version.made.has_value();
  }
  auto add_fresh = [&](const LiveState::Place& place, std::optional<Restored::Stood> stood) {
    Version::Fresh fresh{nb::borrow(place.array), std::move(stood), {}};
    if (!fresh.stood) fresh.places = contents_after.new_places(place.array, contents);
    version.fresh.push_back(std::move(fresh));
    results.push_back(LiveState::array_at(place));
  };
  auto is_old = [&](const LiveState::Place& place, size_t i) {
    return i < before.places().size() && before.places()[i].array == place.array;
  };
  for (size_t i = 0; i < after.places().size(); ++i) {
    const LiveState::Place& place = after.places()[i];
    Array& array = LiveState::array_at(place);
    std::optional<size_t> old = i;
    if (version.repeatable && MadeContainers::moved(before, after, i)) {
      continue;  // follows below
    } else if (version.repeatable) {
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
                      [&](const LiveState::Place& one) { return one.array == place.array; });
      if (known && same_object) continue;
      old = before.find(place);
      add_fresh(place, old ? std::optional(restored.stood()[*old]) : std::nullopt);
    }
    // Other threads see what was there until the results are.
    array = old ? restored.stood()[*old].array : nothing();
  }
  if (version.made) {
    for (PyObject* object : version.made->arrays()) {
      add_fresh({LiveState::Place::item, nullptr, {}, 0, object}, {});
      *array_of(object) = nothing();
    }
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
    if (version->made) {
      if (int stopped = version->made->traverse(visit, arg)) return stopped;
    }
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
