#include "undo.h"

#include <unordered_map>

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
  History history;
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

History take_history(nb::handle object) {
  auto found = kept().find(object.ptr());
  if (found == kept().end()) return {};
  Kept out = forget(found);
  const Array& array = *array_of(object);
  return array.valid() && array.node()->sequence == out.sequence ? std::move(out.history)
                                                                 : History();
}

void put_history(nb::handle object, History&& history) {
  if (history.empty()) return;
  Kept last;
  if (auto found = kept().find(object.ptr()); found != kept().end()) last = forget(found);
  if (!when_gone().is_valid()) when_gone() = nb::cpp_function(object_is_gone);
  nb::object reference = nb::steal(PyWeakref_NewRef(object.ptr(), when_gone().ptr()));
  if (!reference.is_valid()) nb::raise_python_error();
  referred()[reference.ptr()] = object.ptr();
  kept()[object.ptr()] = {reference, array_of(object)->node()->sequence, std::move(history)};
}

// `after` takes the place of `before`, and stands and falls with `tied` if there is one.
void replace(nb::handle before, nb::handle after, const Array& tied) {
  Array &old = *array_of(before), &next = *array_of(after);
  if (before.is(after) || old.is_same(next) || !old.valid() || !next.valid()) return;
  History::Garbage garbage;
  History history = take_history(before);
  (void)history.settle(old, garbage);
  history.keep(old, next, tied.valid(), garbage);
  if (tied.valid()) history.tie(tied, garbage);
  put_history(after, std::move(history));
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
  History::Garbage garbage;
  for (auto place = kept().begin(); place != kept().end();) {
    auto here = place++;
    Array& array = *array_of(here->first);
    Kept& one = here->second;
    if (array.valid() && array.node()->sequence == one.sequence) {
      FailurePtr failure = one.history.settle(array, garbage);
      if (!untold) untold = std::move(failure);
      one.sequence = array.node()->sequence;
      if (!one.history.empty()) continue;
    }
    ended.push_back(forget(here));
  }
  return untold;
}

}  // namespace

Before::Before(nb::handle object)
    : present_(true), object_(nb::borrow(object)), history_(take_history(object)) {
  History::Garbage garbage;
  history_.keep_held(*array_of(object), garbage);
}

Before::Before(const Array& array) : present_(true) {
  History::Garbage garbage;
  history_.keep_held(array, garbage);
}

Before Before::take(nb::handle object, Array& array) {
  Before out;
  History::Garbage garbage;
  out.history_ = take_history(object);
  out.history_.keep_loosely(*array_of(object), garbage);
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
  put_history(object_, std::move(history_));
}

bool can_take(nb::handle object) {
  const Array& array = *array_of(object);
  return Py_REFCNT(object.ptr()) == 1 && array.node()->has_value() &&
         array.node()->use_count() == 1;
}

void remember(nb::handle object, Before& before) { put_history(object, before.history()); }

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
  nb::module_::import_("atexit").attr("register")(nb::cpp_function([] {
    kept().clear();
    referred().clear();
    when_gone().reset();
  }));
}

}  // namespace lazulite::python
