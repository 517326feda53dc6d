#include "restored_state.h"

#include "lazulite/transforms/traced.h"

namespace lazulite::python {
namespace {

void put_back(const LiveState::Place& place, const nb::object& object) {
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

}  // namespace

RestoredState::RestoredState(const LiveState& state) : state_(state) {
  for (const LiveState::Place& place : state.places()) {
    objects_.push_back(nb::borrow(place.array));
    before_.push_back(LiveState::array_at(place));
  }
}

RestoredState::~RestoredState() {
  for (size_t i = 0; i < before_.size(); ++i) *nb::inst_ptr<Array>(objects_[i]) = before_[i];
  if (!failed) return;
  for (size_t i = 0; i < objects_.size(); ++i) put_back(state_.places()[i], objects_[i]);
}

void RestoredState::take_out_traced(nb::handle root) const {
  const LiveState now(root);
  for (const LiveState::Place& place : now.places()) {
    const bool entry =
        place.kind == LiveState::Place::entry || place.kind == LiveState::Place::attribute;
    if (!entry || stood_at(place) || !is_traced(LiveState::array_at(place))) continue;
    if (PyDict_DelItem(place.container, place.key.ptr())) PyErr_Clear();
  }
}

const Array* RestoredState::stood_at(const LiveState::Place& place) const {
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

}  // namespace lazulite::python
