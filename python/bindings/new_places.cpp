#include "new_places.h"

#include "lazulite/core/node.h"
#include "lazulite/transforms/traced.h"

namespace lazulite::python {
namespace {

size_t put_back_so_far = 0;  // with the GIL

// The keys of items and variables in what is noted.
nb::object key_of(const LiveState::Place& place) {
  if (place.key.is_valid()) return place.key;
  return place.kind == LiveState::Place::item ? nb::object(nb::int_(place.index)) : nb::none();
}

bool is_dict(LiveState::Place::Kind kind) { return kind == LiveState::Place::entry; }

nb::object attributes_of(PyObject* object) {
  nb::object out = nb::steal(PyObject_GetAttrString(object, "__dict__"));
  if (!out.is_valid()) PyErr_Clear();
  return out;
}

}  // namespace

size_t NewPlace::count_put_back() { return put_back_so_far; }

bool NewPlace::is_made(PyObject* object, nb::handle now) const {
  return object && (object == made_.ptr() || object == now.ptr());
}

void NewPlace::put_back(nb::handle now) const {
  if (is_dict(kind_)) {
    put_into_dict(now);
  } else if (kind_ == LiveState::Place::cell) {
    put_into_variable(now);
  } else if (kind_ == LiveState::Place::attribute) {
    put_into_attribute(now);
  } else {
    put_into_list(now);
  }
  if (PyErr_Occurred()) PyErr_Clear();  // what is gone need not be put back
  ++put_back_so_far;
}

void NewPlace::put_into_dict(nb::handle now) const {
  PyObject* dict = container_.ptr();
  if (!is_made(PyDict_GetItemWithError(dict, key_.ptr()), now)) return;
  if (attribute_) {
    PyObject_SetAttr(dict, key_.ptr(), before_.ptr());
  } else if (before_.is_valid()) {
    PyDict_SetItem(dict, key_.ptr(), before_.ptr());
  } else {
    PyDict_DelItem(dict, key_.ptr());
  }
}

void NewPlace::put_into_list(nb::handle now) const {
  PyObject* list = container_.ptr();
  bool still_there = false;
  Py_ssize_t made = -1;
  for (Py_ssize_t i = 0; i < PyList_Size(list); ++i) {
    PyObject* item = PyList_GetItem(list, i);
    if (is_made(item, now)) made = i;
    if (before_.is_valid() && item == before_.ptr()) still_there = true;
  }
  if (made < 0) return;
  if (before_.is_valid() && !still_there) {
    PyList_SetItem(list, made, nb::object(before_).release().ptr());
  } else {
    PyList_SetSlice(list, made, made + 1, nullptr);
  }
}

void NewPlace::put_into_attribute(nb::handle now) const {
  PyObject* object = container_.ptr();
  const bool is_class = PyType_Check(object);
  nb::object content = nb::steal(is_class ? PyObject_GetAttr(object, key_.ptr())
                                          : PyObject_GenericGetAttr(object, key_.ptr()));
  if (!is_made(content.ptr(), now)) return;
  PyObject* before = before_.is_valid() ? before_.ptr() : nullptr;
  is_class ? PyObject_SetAttr(object, key_.ptr(), before)
           : PyObject_GenericSetAttr(object, key_.ptr(), before);
}

void NewPlace::put_into_variable(nb::handle now) const {
  nb::object content = nb::steal(PyObject_GetAttrString(container_.ptr(), "cell_contents"));
  if (!is_made(content.ptr(), now)) return;
  PyObject_SetAttrString(container_.ptr(), "cell_contents",
                         before_.is_valid() ? before_.ptr() : nullptr);
}

std::shared_ptr<const NewPlace> NewPlace::of(const LiveState::Slot& slot, nb::object made) {
  auto out = std::make_shared<NewPlace>();
  out->kind_ = slot.place.kind;
  out->container_ = nb::borrow(slot.place.container);
  out->key_ = key_of(slot.place);
  out->made_ = std::move(made);
  out->before_ = nb::borrow(slot.object);
  return out;
}

void Contents::note(PyObject* object, const LiveState::Place& place) {
  held_.push_back(nb::borrow(object));
  found_[object].push_back({place.kind, place.container, key_of(place)});
  if (!place.container) return;
  nb::dict& contents = contents_.try_emplace(place.container).first->second;
  PyDict_SetItem(contents.ptr(), key_of(place).ptr(), object);
  if (PyErr_Occurred()) PyErr_Clear();  // a key that does not compare is passed over
}

void Contents::note_attributes(PyObject* dict, PyObject* instance) {
  held_.push_back(nb::borrow(dict));
  found_[dict].push_back({LiveState::Place::item, instance, {}, true});
}

nb::object Contents::find(PyObject* container, nb::handle key) const {
  auto contents = contents_.find(container);
  if (contents == contents_.end()) return {};
  PyObject* found = PyDict_GetItemWithError(contents->second.ptr(), key.ptr());
  if (!found) PyErr_Clear();
  return found ? nb::borrow(found) : nb::object();
}

NewPlaces Contents::new_places(PyObject* array, const Contents& before) const {
  NewPlaces out;
  std::unordered_set<PyObject*> seen;
  climb(array, before, seen, out);
  return out;
}

void Contents::climb(PyObject* object, const Contents& before, std::unordered_set<PyObject*>& seen,
                     NewPlaces& out) const {
  auto found = found_.find(object);
  if (found == found_.end() || !seen.insert(object).second) return;
  for (const Found& at : found->second) {
    if (!at.container) continue;
    if (PyTuple_Check(at.container) || !before.found_.contains(at.container)) {
      climb(at.container, before, seen, out);
      continue;
    }
    const bool is_item = at.kind == LiveState::Place::item;
    if (at.is_attributes || (is_item && !PyList_Check(at.container))) continue;
    auto place = std::make_shared<NewPlace>();
    place->kind_ = at.kind;
    place->container_ = nb::borrow(at.container);
    place->key_ = at.key;
    place->made_ = nb::borrow(object);
    place->before_ = before.find(at.container, at.key);
    // A module keeps its arrays as entries, and what is none as attributes.
    if (!place->before_.is_valid() && is_dict(at.kind) && !PyDict_CheckExact(at.container)) {
      nb::object attributes = attributes_of(at.container);
      if (attributes.is_valid()) place->before_ = before.find(attributes.ptr(), at.key);
      place->attribute_ = place->before_.is_valid();
    }
    out.push_back(std::move(place));
  }
}

Restored::Restored(const LiveState& state) : state_(state) {
  for (const LiveState::Place& place : state.places()) {
    before_.push_back({nb::borrow(place.array), LiveState::array_at(place)});
  }
}

namespace {

void put_object(const LiveState::Place& place, const nb::object& object) {
  const bool is_item = place.kind == LiveState::Place::item;
  if (is_item && !(place.container && PyList_Check(place.container))) return;
  if (!LiveState::set(place, object.ptr())) PyErr_Clear();  // the list is shorter, for instance
}

}  // namespace

Restored::~Restored() {
  for (Stood& one : before_) *nb::inst_ptr<Array>(one.object) = one.array;
  if (!failed) return;
  for (size_t i = 0; i < before_.size(); ++i) put_object(state_.places()[i], before_[i].object);
}

void Restored::take_out_traced(nb::handle root, const Contents& before) const {
  Contents contents;
  const LiveState now(root, nullptr, &contents);
  for (const LiveState::Place& place : now.places()) {
    if (!is_traced(LiveState::array_at(place)) || state_.find(place)) continue;
    for (const auto& made : contents.new_places(place.array, before)) made->put_back(place.array);
  }
}

}  // namespace lazulite::python
