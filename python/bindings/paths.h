#pragma once

#include <nanobind/nanobind.h>

#include <string>

namespace lazulite::python {

/// A str, bytes or os.PathLike, as the bytes that the system takes for it: names that are not
/// UTF-8, as `os.listdir` gives them, too.
struct PathArgument {
  std::string path;
};

}  // namespace lazulite::python

namespace nanobind::detail {

template <>
struct type_caster<lazulite::python::PathArgument> {
  NB_TYPE_CASTER(lazulite::python::PathArgument, const_name("str"))
  bool from_python(handle source, uint8_t, cleanup_list*) noexcept {
    object path = steal(PyOS_FSPath(source.ptr()));
    if (path.is_valid() && PyUnicode_Check(path.ptr())) {
      path = steal(PyUnicode_EncodeFSDefault(path.ptr()));
    }
    if (!path.is_valid()) return PyErr_Clear(), false;
    value.path.assign(PyBytes_AsString(path.ptr()), static_cast<size_t>(PyBytes_Size(path.ptr())));
    return true;
  }
};

}  // namespace nanobind::detail
