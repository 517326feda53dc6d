#include "made_containers.h"

#include "arguments.h"
#include "nests.h"

namespace lazulite::python {
namespace {

constexpr size_t unfinished = ~size_t{0};

bool is_same_place(const LiveState::Place& a, const LiveState::Place& b) {
  return a.container == b.container && a.kind == b.kind && a.key.is(b.key) && a.index == b.index;
}

bool can_be_set(const LiveState::Place& place) {
  if (!place.container) return false;
  return place.kind != LiveState::Place::item || PyList_Check(place.container);
}

// What the key tells apart by value or by address.
bool is_constant(PyObject* object) { return !LiveState::is_followed(object); }

bool is_named_tuple(PyObject* object) {
  return PyTuple_Check(object) && nb::hasattr(nb::handle(object), "_fields");
}

// No code of Python's runs, as it might by the type's own constructor.
nb::object tuple_of(const nb::object& type, const nb::object& items) {
  return nb::handle(reinterpret_cast<PyObject*>(&PyTuple_Type)).attr("__new__")(type, items);
}

}  // namespace

struct MadeContainers::Numbers {
  std::unordered_map<PyObject*, size_t> arrays, objects;
};

bool MadeContainers::any(const LiveState& before, const LiveState& after) {
  const auto &old = before.places(), &now = after.places();
  if (old.size() != now.size()) return true;
  for (size_t i = 0; i < now.size(); ++i) {
    if (moved(before, after, i)) return true;
  }
  return false;
}

bool MadeContainers::moved(const LiveState& before, const LiveState& after, size_t array) {
  return !is_same_place(before.places()[array], after.places()[array]);
}

std::optional<MadeContainers> MadeContainers::between(const LiveState& before,
                                                      const LiveState& after,
                                                      const std::vector<Array>& given) {
  const auto &old = before.slots(), &now = after.slots();
  if (old.size() != now.size() || before.places().size() != after.places().size()) return {};
  Numbers numbers;
  for (size_t i = 0; i < old.size(); ++i) numbers.objects.try_emplace(old[i].object, i);
  for (size_t i = 0; i < given.size(); ++i) numbers.arrays[before.places()[i].array] = i;
  MadeContainers out;
  for (size_t i = 0; i < now.size(); ++i) {
    if (!is_same_place(old[i].place, now[i].place)) {
      if (!out.known_.contains(now[i].object)) return {};  // inside of what has moved
      continue;
    }
    if (old[i].object == now[i].object) continue;
    std::optional<size_t> part;
    if (can_be_set(now[i].place)) part = out.part_of(now[i].object, numbers);
    if (!part) return {};
    out.replaced_.emplace_back(i, *part);
  }
  for (size_t i = 0; i < given.size(); ++i) {
    const LiveState::Place& place = after.places()[i];
    if (is_same_place(before.places()[i], place)) continue;
    if (!out.known_.contains(place.array)) return {};
    // An old object with another array is more than a container can say.
    auto moved = numbers.arrays.find(place.array);
    if (moved != numbers.arrays.end() &&
        !LiveState::array_at(place).is_same(given[moved->second])) {
      return {};
    }
  }
  out.known_.clear();
  return out;
}

std::optional<size_t> MadeContainers::part_of(PyObject* object, const Numbers& before) {
  expect_stack();
  if (auto found = known_.find(object); found != known_.end()) {
    return found->second == unfinished ? std::nullopt : std::optional(found->second);
  }
  Part part;
  auto old_array = before.arrays.find(object), old_object = before.objects.find(object);
  if (old_array != before.arrays.end()) {
    part = {Part::old_array, old_array->second, {}};
  } else if (old_object != before.objects.end() && !is_constant(object)) {
    part = {Part::old_object, old_object->second, {}};
  } else if (array_of(object)) {
    part = {Part::new_array, arrays_.size(), {}};
    arrays_.push_back(object);
  } else if (is_constant(object)) {
    part = {Part::constant, 0, nb::borrow(object)};
  } else {
    return container_of(object, before);
  }
  parts_.push_back(std::move(part));
  return known_[object] = parts_.size() - 1;
}

std::optional<size_t> MadeContainers::container_of(PyObject* object, const Numbers& before) {
  Part part{Part::list};
  nb::object items = nb::borrow(object);
  if (PyList_CheckExact(object)) {
    part.kind = Part::list;
  } else if (PyTuple_CheckExact(object)) {
    part.kind = Part::tuple;
  } else if (is_named_tuple(object)) {
    part.kind = Part::named_tuple;
    part.object = nb::borrow(reinterpret_cast<PyObject*>(Py_TYPE(object)));
  } else if (PyDict_CheckExact(object)) {
    part.kind = Part::dict;
    nb::object keys = nb::steal(PyDict_Keys(object));
    for (nb::handle key : keys) {
      if (!is_constant(key.ptr()) || array_of(key)) return {};
    }
    part.object = nb::steal(PyList_AsTuple(keys.ptr()));
    items = nb::steal(PyDict_Values(object));
  } else {
    return {};
  }
  known_[object] = unfinished;
  for (nb::handle item : items) {
    std::optional<size_t> one = part_of(item.ptr(), before);
    if (!one) return {};
    part.items.push_back(*one);
  }
  parts_.push_back(std::move(part));
  return known_[object] = parts_.size() - 1;
}

std::pair<std::vector<nb::object>, NewPlaces> MadeContainers::put(const LiveState& state,
                                                                  const Array* results) const {
  std::pair<std::vector<nb::object>, NewPlaces> out;
  out.first.resize(arrays_.size());
  std::vector<nb::object> made(parts_.size());
  for (const auto& [slot, part] : replaced_) make(part, state, results, made, out.first);
  for (const auto& [slot, part] : replaced_) {
    out.second.push_back(NewPlace::of(state.slots()[slot], made[part]));
  }
  for (const auto& [slot, part] : replaced_) {
    if (!LiveState::set(state.slots()[slot].place, made[part].ptr())) nb::raise_python_error();
  }
  return out;
}

nb::object MadeContainers::make(size_t index, const LiveState& state, const Array* results,
                                std::vector<nb::object>& made,
                                std::vector<nb::object>& arrays) const {
  nb::object& out = made[index];
  if (out.is_valid()) return out;
  const Part& part = parts_[index];
  switch (part.kind) {
    case Part::constant: return out = part.object;
    case Part::old_array: return out = nb::borrow(state.places()[part.index].array);
    case Part::old_object: return out = nb::borrow(state.slots()[part.index].object);
    case Part::new_array: return out = arrays[part.index] = nb::cast(results[part.index]);
    case Part::list:
    case Part::tuple:
    case Part::named_tuple:
    case Part::dict: break;
  }
  nb::list items;
  for (size_t item : part.items) items.append(make(item, state, results, made, arrays));
  if (part.kind == Part::list) return out = items;
  if (part.kind == Part::named_tuple) return out = tuple_of(part.object, items);
  if (part.kind == Part::tuple) return out = nb::steal(PyList_AsTuple(items.ptr()));
  nb::dict dict;
  for (size_t i = 0; i < part.items.size(); ++i) dict[part.object[i]] = items[i];
  return out = dict;
}

int MadeContainers::traverse(visitproc visit, void* arg) const {
  for (const Part& part : parts_) Py_VISIT(part.object.ptr());
  return 0;
}

}  // namespace lazulite::python
