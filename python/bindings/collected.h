#pragma once

#include <nanobind/nanobind.h>

namespace lazulite::python {

namespace nb = nanobind;

namespace detail {

template <class T>
int traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  if (!nb::inst_ready(self)) return 0;
  return nb::inst_ptr<T>(self)->traverse(visit, arg);
}
template <class T>
int clear(PyObject* self) {
  if (nb::inst_ready(self)) nb::inst_ptr<T>(self)->clear();
  return 0;
}

}  // namespace detail

/// The slots of a class that holds Python objects: by them the garbage collector sees what a T
/// holds (`int traverse(visitproc, void*)`) and ends cycles (`void clear()`).
template <class T>
PyType_Slot collected_slots[] = {{Py_tp_traverse, reinterpret_cast<void*>(detail::traverse<T>)},
                                 {Py_tp_clear, reinterpret_cast<void*>(detail::clear<T>)},
                                 {0, nullptr}};

/// Visits objects that are there.
template <class... Objects>
int visit_all(visitproc visit, void* arg, const Objects&... objects) {
  int result = 0;
  auto one = [&](PyObject* object) {
    if (object && result == 0) result = visit(object, arg);
  };
  (one(objects.ptr()), ...);
  return result;
}

}  // namespace lazulite::python
