#pragma once

#include <Python.h>
#include <nanobind/nanobind.h>

namespace lazulite::python {

namespace nb = nanobind;

// The limited interface has neither of these functions.
#ifdef Py_LIMITED_API
inline nb::object attribute_of(PyFrameObject* frame, PyObject* name) {
  return nb::steal(PyObject_GetAttr(reinterpret_cast<PyObject*>(frame), name));
}
inline nb::object caller_of(PyFrameObject* frame) {
  static PyObject* const name = PyUnicode_InternFromString("f_back");
  return attribute_of(frame, name);
}
inline long offset_of(PyFrameObject* frame) {
  static PyObject* const name = PyUnicode_InternFromString("f_lasti");
  nb::object offset = attribute_of(frame, name);
  if (offset.is_valid()) return PyLong_AsLong(offset.ptr());
  PyErr_Clear();
  return -1;
}
#else
inline nb::object caller_of(PyFrameObject* frame) {
  return nb::steal(reinterpret_cast<PyObject*>(PyFrame_GetBack(frame)));
}
inline long offset_of(PyFrameObject* frame) { return PyFrame_GetLasti(frame); }
#endif
inline nb::object code_of(PyFrameObject* frame) {
  return nb::steal(reinterpret_cast<PyObject*>(PyFrame_GetCode(frame)));
}

}  // namespace lazulite::python
