#include "tree.h"

#include <cstring>

#include "arguments.h"
#include "lazulite/core/errors.h"
#include "nests.h"
#include "random_state.h"

namespace lazulite::python {
namespace {

std::string name_of_type(nb::handle object) {
  return nb::cast<std::string>(nb::str(object.type().attr("__name__")));
}

// Calls f(item) for the entries of a container in order; false where the object is none.
template <class F>
bool for_each_item(nb::handle tree, F&& f) {
  PyObject* o = tree.ptr();
  if (PyList_Check(o)) {
    for (Py_ssize_t i = 0; i < PyList_Size(o); ++i) f(nb::borrow(PyList_GetItem(o, i)));
  } else if (PyTuple_Check(o)) {
    for (Py_ssize_t i = 0; i < PyTuple_Size(o); ++i) f(nb::borrow(PyTuple_GetItem(o, i)));
  } else if (PyDict_Check(o)) {
    // The values are taken first: f may change the dict's entries.
    nb::object values = nb::steal(PyDict_Values(o));
    for (Py_ssize_t i = 0; i < PyList_Size(values.ptr()); ++i) {
      f(nb::borrow(PyList_GetItem(values.ptr(), i)));
    }
  } else {
    return false;
  }
  return true;
}

bool is_constant(nb::handle object) {
  PyObject* o = object.ptr();
  return o == Py_None || PyBool_Check(o) || PyLong_Check(o) || PyFloat_Check(o) ||
         PyUnicode_Check(o);
}

void collect(nb::handle tree, Leaves leaves, const char* operation, std::vector<Array>& out) {
  expect_stack();
  if (Array* array = array_of(tree)) {
    out.push_back(*array);
    return;
  }
  if (for_each_item(tree, [&](nb::handle item) { collect(item, leaves, operation, out); })) return;
  if (nb::object state = state_of(tree); state.is_valid()) {
    collect(state, leaves, operation, out);
    return;
  }
  if (leaves == Leaves::any || (leaves == Leaves::constants && is_constant(tree))) return;
  throw ValueError("[" + std::string(operation) + "] The argument should contain only arrays" +
                   (leaves == Leaves::constants ? ", numbers, strings and None" : "") +
                   ", in lists, tuples and dicts; an object of type " + name_of_type(tree) +
                   " was given");
}

}  // namespace

std::vector<Array> arrays_in(nb::handle tree, Leaves leaves, const char* operation) {
  std::vector<Array> out;
  collect(tree, leaves, operation, out);
  return out;
}

void visit_leaves(nb::handle tree, const std::function<void(nb::handle)>& f) {
  expect_stack();
  if (!for_each_item(tree, [&](nb::handle item) { visit_leaves(item, f); })) f(tree);
}

nb::object with_arrays(nb::handle tree, const std::vector<Array>& arrays, size_t& next) {
  expect_stack();
  PyObject* o = tree.ptr();
  if (array_of(tree)) return nb::cast(arrays.at(next++));
  if (PyList_Check(o)) {
    nb::list out;
    for (Py_ssize_t i = 0; i < PyList_Size(o); ++i) {
      out.append(with_arrays(PyList_GetItem(o, i), arrays, next));
    }
    return out;
  }
  if (PyTuple_Check(o)) {
    nb::list items;
    for (Py_ssize_t i = 0; i < PyTuple_Size(o); ++i) {
      items.append(with_arrays(PyTuple_GetItem(o, i), arrays, next));
    }
    nb::object tuple = nb::steal(PyList_AsTuple(items.ptr()));
    if (PyTuple_CheckExact(o)) return tuple;
    nb::object type = nb::borrow(tree.type());
    // A named tuple takes its fields one by one.
    return nb::hasattr(type, "_fields") ? type(*tuple) : type(tuple);
  }
  if (PyDict_Check(o)) {
    nb::dict out;
    PyObject *key, *value;
    Py_ssize_t at = 0;
    nb::object held = nb::borrow(tree);
    while (PyDict_Next(o, &at, &key, &value)) {
      out[nb::handle(key)] = with_arrays(value, arrays, next);
    }
    return out;
  }
  return nb::borrow(tree);
}

void replace_arrays(nb::handle tree, const std::vector<Array>& arrays, size_t& next) {
  expect_stack();
  PyObject* o = tree.ptr();
  auto replaced = [&](nb::handle item) -> nb::object {
    if (array_of(item)) return nb::cast(arrays.at(next++));
    replace_arrays(item, arrays, next);
    return nb::object();
  };
  if (PyList_Check(o)) {
    for (Py_ssize_t i = 0; i < PyList_Size(o); ++i) {
      nb::object with = replaced(PyList_GetItem(o, i));
      if (with.is_valid()) PyList_SetItem(o, i, with.release().ptr());
    }
  } else if (PyDict_Check(o)) {
    nb::object items = nb::steal(PyDict_Items(o));
    for (Py_ssize_t i = 0; i < PyList_Size(items.ptr()); ++i) {
      PyObject* pair = PyList_GetItem(items.ptr(), i);
      nb::object with = replaced(PyTuple_GetItem(pair, 1));
      if (with.is_valid() && PyDict_SetItem(o, PyTuple_GetItem(pair, 0), with.ptr()) < 0) {
        nb::raise_python_error();
      }
    }
  } else if (PyTuple_Check(o)) {
    for (Py_ssize_t i = 0; i < PyTuple_Size(o); ++i) {
      nb::handle item = PyTuple_GetItem(o, i);
      // A tuple keeps its arrays, which take the new value themselves.
      if (Array* array = array_of(item)) {
        *array = arrays.at(next++);
      } else {
        replace_arrays(item, arrays, next);
      }
    }
  } else if (nb::object state = state_of(tree); state.is_valid()) {
    replace_arrays(state, arrays, next);
  }
}

void append_key(nb::handle tree, std::string& key, const char* operation) {
  expect_stack();
  PyObject* o = tree.ptr();
  auto number = [&](auto value) {
    key.append(reinterpret_cast<const char*>(&value), sizeof(value));
  };
  if (array_of(tree)) {
    key += 'a';
  } else if (o == Py_None) {
    key += 'n';
  } else if (PyBool_Check(o)) {
    key += o == Py_True ? 't' : 'f';
  } else if (PyLong_Check(o)) {
    key += 'i';
    int overflow = 0;
    long long value = PyLong_AsLongLongAndOverflow(o, &overflow);
    if (overflow) {
      key += nb::cast<std::string>(nb::str(tree));
    } else {
      number(value);
    }
  } else if (PyFloat_Check(o)) {
    key += 'd';
    number(PyFloat_AsDouble(o));
  } else if (PyUnicode_Check(o)) {
    Py_ssize_t size = 0;
    const char* text = PyUnicode_AsUTF8AndSize(o, &size);
    if (!text) nb::raise_python_error();
    key += 's';
    number(size);
    key.append(text, static_cast<size_t>(size));
  } else if (PyDict_Check(o)) {
    key += '{';
    PyObject *name, *value;
    Py_ssize_t at = 0;
    while (PyDict_Next(o, &at, &name, &value)) {
      append_key(name, key, operation);
      append_key(value, key, operation);
    }
    key += '}';
  } else if (PyList_Check(o) || PyTuple_Check(o)) {
    key += PyList_Check(o) ? '[' : '(';
    for_each_item(tree, [&](nb::handle item) { append_key(item, key, operation); });
    key += ')';
  } else if (nb::object state = state_of(tree); state.is_valid()) {
    key += 'r';
  } else {
    throw ValueError("[" + std::string(operation) +
                     "] Function arguments must be trees of arrays or constants (floats, ints, "
                     "strings, or None), but an object of type " +
                     name_of_type(tree) + " was given");
  }
}

}  // namespace lazulite::python
