#include "compile_state.h"

#include "arguments.h"
#include "nests.h"
#include "random_state.h"
#include "tree.h"

namespace lazulite::python {
namespace {

// Stands where there will be a result.
const Array& nothing() {
  static const Array& array = *new Array(Scalar(0));
  return array;
}

void put(nb::handle container, nb::handle key, nb::handle value) {
  if (PyTuple_Check(container.ptr())) return;  // keeps its array objects, which change themselves
  if (PyObject_SetItem(container.ptr(), key.ptr(), value.ptr()) < 0) nb::raise_python_error();
}

}  // namespace

ContainerSnapshot::ContainerSnapshot(nb::handle tree) { visit(tree); }

void ContainerSnapshot::visit(nb::handle tree) {
  expect_stack();
  PyObject* o = tree.ptr();
  auto entry = [&](nb::object key, nb::handle item) {
    if (Array* array = array_of(item)) {
      // A tuple's array object is remembered with the array in it.
      nb::object kept = PyTuple_Check(o) ? nb::cast(*array) : nb::borrow(item);
      places_.push_back({nb::borrow(tree), PyTuple_Check(o) ? nb::borrow(item) : key, kept});
    } else {
      visit(item);
    }
  };
  if (PyDict_Check(o)) {
    nb::object items = nb::steal(PyDict_Items(o));
    for (nb::handle pair : items) entry(nb::borrow(pair[0]), nb::object(pair[1]));
  } else if (PyList_Check(o) || PyTuple_Check(o)) {
    for (size_t i = 0; i < nb::len(tree); ++i) entry(nb::int_(i), nb::object(tree[i]));
  } else if (nb::object state = state_of(tree); state.is_valid()) {
    visit(state);
  }
}

void ContainerSnapshot::forget_values() { forget_ = true; }

ContainerSnapshot::~ContainerSnapshot() {
  for (Place& place : places_) {
    try {
      if (PyTuple_Check(place.container.ptr())) {
        *array_of(place.key) = forget_ ? nothing() : *array_of(place.array);
      } else {
        put(place.container, place.key, forget_ ? nb::cast(nothing()) : place.array);
      }
    } catch (nb::python_error& error) {
      error.discard_as_unraisable("compile: putting an array back into its container");
    }
  }
}

nb::object without_values(nb::handle tree) {
  size_t next = 0;
  return with_arrays(tree, std::vector<Array>(arrays_in(tree, Leaves::any).size(), nothing()),
                     next);
}

bool append_structure(nb::handle tree, std::string& key) {
  expect_stack();
  PyObject* o = tree.ptr();
  if (array_of(tree)) {
    key += 'a';
    return true;
  }
  const size_t begin = key.size();
  bool holds_arrays = false;
  auto entry = [&](nb::handle item, size_t before) {
    const bool one = append_structure(item, key);
    if (!one) key.resize(before);
    holds_arrays = holds_arrays || one;
  };
  if (PyDict_Check(o)) {
    key += '{';
    for (auto [name, value] : nb::borrow<nb::dict>(tree)) {
      const size_t before = key.size();
      if (PyUnicode_Check(name.ptr())) append_key(name, key, "compile");
      entry(value, before);
    }
    key += '}';
  } else if (PyList_Check(o) || PyTuple_Check(o)) {
    key += PyList_Check(o) ? '[' : '(';
    for (size_t i = 0; i < nb::len(tree); ++i) entry(nb::object(tree[i]), key.size());
    key += ')';
  }
  if (!holds_arrays) key.resize(begin);
  return holds_arrays;
}

}  // namespace lazulite::python
