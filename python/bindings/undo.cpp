#include "undo.h"

#include <unordered_map>
#include <utility>

#include "arguments.h"
#include "define.h"
#include "lazulite/core/node.h"
#include "lazulite/core/trace.h"
#include "tree.h"

namespace lazulite::python {
namespace {

/// What one object goes back to.
struct Kept {
  nb::object reference;  // a weak one to the object
  uint64_t sequence;     // of the array's node; the object may have got another array
  Undo undo;
};

// By the object and by the reference to it. Only touched with the GIL.
std::unordered_map<PyObject*, Kept>& kept() {
  static auto& all = *new std::unordered_map<PyObject*, Kept>();
  return all;
}
std::unordered_map<PyObject*, PyObject*>& referred() {
  static auto& all = *new std::unordered_map<PyObject*, PyObject*>();
  return all;
}

nb::object& when_gone() {
  static auto& callback = *new nb::object();
  return callback;
}

Kept forget(std::unordered_map<PyObject*, Kept>::iterator place) {
  Kept out = std::move(place->second);
  referred().erase(out.reference.ptr());
  kept().erase(place);
  return out;
}

void object_is_gone(nb::handle reference) {
  auto found = referred().find(reference.ptr());
  if (found == referred().end()) return;
  // Freed last, when nothing here is under way: that may run code of Python.
  const Kept last = forget(kept().find(found->second));
}

Undo take_undo(nb::handle object, const Array& array) {
  auto found = kept().find(object.ptr());
  if (found == kept().end() || !array.valid()) return {};
  if (found->second.sequence != array.node()->sequence) return {};
  return forget(found).undo;
}

void put_undo(nb::handle object, Undo&& undo) {
  if (undo.history.empty()) return;
  Kept last;
  if (auto found = kept().find(object.ptr()); found != kept().end()) last = forget(found);
  if (!when_gone().is_valid()) when_gone() = nb::cpp_function(object_is_gone);
  nb::object reference = nb::steal(PyWeakref_NewRef(object.ptr(), when_gone().ptr()));
  if (!reference.is_valid()) nb::raise_python_error();
  referred()[reference.ptr()] = object.ptr();
  kept()[object.ptr()] = {reference, array_of(object)->node()->sequence, std::move(undo)};
}

// Settles what an object holds. True where it goes back to nothing, for which it keeps its array.
bool settle(Array& array, History& history, FailurePtr& untold, History::Garbage& garbage) {
  const Array failed = array;
  FailurePtr failure = history.settle(array, garbage);
  if (!untold) untold = std::move(failure);
  if (array.valid()) return false;
  array = failed;
  return true;
}

// `after` takes the place of `before`, and stands and falls with `tied` if there is one.
void replace(nb::handle before, nb::handle after, const Array& tied) {
  Array &old = *array_of(before), &next = *array_of(after);
  if (before.is(after) || old.is_same(next) || !old.valid() || !next.valid()) return;
  History::Garbage garbage;
  Undo undo = take_undo(before, old);
  FailurePtr untold;
  if (settle(old, undo.history, untold, garbage)) {
    undo.history.keep_loosely(Array(), garbage);
  } else {
    undo.history.keep(old, next, tied.valid(), garbage);
  }
  if (tied.valid()) undo.history.tie(tied, garbage);
  put_undo(after, std::move(undo));
}

// For what is traced, the compiled function sees to it.
bool is_traced() { return current_trace() != nullptr; }

void replaced(nb::handle before, nb::handle after) {
  if (!is_traced() && array_of(before) && array_of(after)) replace(before, after, Array());
}

// The items of a state which a step has changed. With `results`, they stand and fall with what the
// step computes.
void changed(nb::dict before, nb::dict after, nb::handle results) {
  if (is_traced()) return;
  Array tied;
  if (!results.is_none()) {
    for (Array& array : arrays_in(results, Leaves::any)) {
      if (!tied.valid() || array.size() < tied.size()) tied = std::move(array);
    }
  }
  for (auto [key, value] : after) {
    if (!array_of(value) || !before.contains(key)) continue;
    nb::object old = before[key];
    if (array_of(old)) replace(old, value, tied);
  }
}

FailurePtr settle_all() {
  FailurePtr untold;
  std::vector<Kept> ended;
  std::vector<std::pair<NewPlaces, nb::object>> given_up;
  History::Garbage garbage;
  for (auto place = kept().begin(); place != kept().end();) {
    auto here = place++;
    Array& array = *array_of(here->first);
    Kept& one = here->second;
    if (array.valid() && array.node()->sequence == one.sequence) {
      if (settle(array, one.undo.history, untold, garbage)) {
        given_up.emplace_back(std::move(one.undo.places), nb::borrow(here->first));
      } else {
        one.sequence = array.node()->sequence;
        if (!one.undo.history.empty()) continue;
      }
    }
    ended.push_back(forget(here));
  }
  // Last, for it may run code of Python.
  for (auto& [places, object] : given_up) {
    for (const auto& place : places) place->put_back(object);
  }
  return untold;
}

}  // namespace

Before::Before(nb::handle object) : Before(object, *array_of(object)) {}

Before::Before(nb::handle object, const Array& array)
    : present_(true), object_(nb::borrow(object)), undo_(take_undo(object, array)) {
  History::Garbage garbage;
  undo_.history.keep_held(array, garbage);
}

Before::Before(NewPlaces places) : present_(true) {
  History::Garbage garbage;
  undo_.history.keep_loosely(Array(), garbage);
  undo_.places = std::move(places);
}

Before Before::take(nb::handle object, Array& array) {
  Before out;
  History::Garbage garbage;
  out.undo_ = take_undo(object, *array_of(object));
  out.undo_.history.keep_loosely(*array_of(object), garbage);
  out.present_ = true;
  out.object_ = nb::borrow(object);
  out.taken_ = true;
  out.saved_ = SavedValue(*array_of(object));
  array = std::exchange(*array_of(object), Array());
  return out;
}

void Before::give_back() {
  if (!object_.is_valid()) return;
  if (taken_) *array_of(object_) = saved_.restore();
  put_undo(object_, std::move(undo_));
}

bool can_take(nb::handle object) {
  const Array& array = *array_of(object);
  return Py_REFCNT(object.ptr()) == 1 && array.node()->has_value() &&
         array.node()->use_count() == 1;
}

void remember(nb::handle object, Before& before) { put_undo(object, before.undo()); }

void settle_runs() {
  if (kept().empty()) return;
  FailurePtr untold = settle_all();
  if (!untold) return;
  // Somebody is being told.
  untold->raised = true;
  (void)settle_all();
  untold->raise();
}

void bind_undo(nb::module_& m) {
  m.def("_replaced", &replaced, "before"_a.none(), "after"_a.none(),
        "One array takes the place of another: it goes back to that if it cannot be computed.");
  m.def("_changed", &changed, "before"_a, "after"_a, "results"_a = nb::none(),
        "The same for the arrays of a dict and of a copy of it. With `results`, they also go back "
        "if those cannot be computed.");
  m.def("_places_put_back", &NewPlace::count_put_back,
        "How often a place in a dict or a list got back what had been there before a failed step.");
  nb::module_::import_("atexit").attr("register")(nb::cpp_function([] {
    // What goes with them, and says so, finds nothing any more.
    const auto last = std::exchange(kept(), {});
    referred().clear();
    when_gone().reset();
  }));
}

}  // namespace lazulite::python
