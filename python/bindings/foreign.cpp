// Arrays of other libraries: NumPy, PyTorch, JAX, whatever speaks DLPack, the buffer protocol or
// __array__.
#include "foreign.h"

#include <nanobind/stl/string.h>

#include <cstring>
#include <optional>
#include <string>

#include "lazulite/core/errors.h"
#include "lazulite/core/observer.h"

namespace lazulite::python {
namespace {

bool has(nb::handle object, const char* attribute) {
  nb::handle type = object.type();
  return PyObject_HasAttrString(type.ptr(), attribute);
}

std::string name_of_dtype(nb::handle object) {
  nb::object dtype = nb::getattr(object, "dtype", nb::none());
  nb::object name = nb::getattr(dtype, "name", nb::none());
  return nb::isinstance<nb::str>(name) ? nb::cast<std::string>(name) : "";
}

bool is_numpy(nb::handle object) { return has(object, "__array_interface__"); }

// NumPy's arrays in the machine's byte order, bfloat16 as the integers that hold its bits.
// `copied` says whether the result is one made on the way.
nb::object plain(nb::handle object, std::optional<Dtype>& meant, bool& copied) {
  nb::object out = nb::borrow(object);
  auto converted = [&](nb::object to) {
    copied = true;
    return out.attr("astype")(to);
  };
  if (!is_numpy(object)) {
    if (has(object, "__array__") && !has(object, "__dlpack__") &&
        !PyObject_CheckBuffer(object.ptr())) {
      out = object.attr("__array__")();
    } else {
      return out;
    }
  }
  std::string name = name_of_dtype(out);
  if (name == "bfloat16") {
    meant = Dtype::bfloat16;
    return out.attr("view")("uint16");
  }
  if (name == "float128" || name == "longdouble") return converted(nb::str("float64"));
  if (name == "complex256") return converted(nb::str("complex64"));
  nb::object order = nb::getattr(nb::getattr(out, "dtype", nb::none()), "byteorder", nb::none());
  if (nb::isinstance<nb::str>(order) && nb::cast<std::string>(order) == ">") {
    return converted(out.attr("dtype").attr("newbyteorder")("="));
  }
  return out;
}

}  // namespace

Dtype dtype_of_dlpack(nb::dlpack::dtype type, bool& narrow) {
  using Code = nb::dlpack::dtype_code;
  narrow = false;
  if (type.lanes == 1) {
    switch (static_cast<Code>(type.code)) {
      case Code::Bool: return Dtype::bool_;
      case Code::Int:
        switch (type.bits) {
          case 8: return Dtype::int8;
          case 16: return Dtype::int16;
          case 32: return Dtype::int32;
          case 64: return Dtype::int64;
        }
        break;
      case Code::UInt:
        switch (type.bits) {
          case 8: return Dtype::uint8;
          case 16: return Dtype::uint16;
          case 32: return Dtype::uint32;
          case 64: return Dtype::uint64;
        }
        break;
      case Code::Float:
        switch (type.bits) {
          case 16: return Dtype::float16;
          case 32: return Dtype::float32;
          case 64: return Dtype::float64;
        }
        break;
      case Code::Bfloat:
        if (type.bits == 16) return Dtype::bfloat16;
        break;
      case Code::Complex:
        if (type.bits == 64) return Dtype::complex64;
        if (type.bits == 128) {
          narrow = true;
          return Dtype::complex64;
        }
        break;
      default: break;
    }
  }
  throw ValueError("array: elements of DLPack type (code " + std::to_string(int(type.code)) + ", " +
                   std::to_string(int(type.bits)) + " bits, " + std::to_string(int(type.lanes)) +
                   " lanes) have no dtype here");
}

std::string type_code(Dtype dtype) {
  const char letter = [&] {
    switch (kind_of(dtype)) {
      case DtypeKind::boolean: return 'b';
      case DtypeKind::unsigned_integer: return 'u';
      case DtypeKind::signed_integer: return 'i';
      case DtypeKind::floating: return 'f';
      default: return 'c';
    }
  }();
  return letter + std::to_string(size_of(dtype));
}

bool is_foreign_array(nb::handle object) {
  PyObject* o = object.ptr();
  if (PyUnicode_Check(o) || PyBytes_Check(o) || PyList_Check(o) || PyTuple_Check(o) ||
      PyDict_Check(o) || PyLong_Check(o) || PyFloat_Check(o) || PyType_Check(o) || o == Py_None) {
    return false;
  }
  return has(object, "__dlpack__") || has(object, "__array__") || PyObject_CheckBuffer(o) ||
         has(object, "__cuda_array_interface__");
}

bool is_read_only(nb::handle object) {
  Py_buffer view;
  if (!PyObject_CheckBuffer(object.ptr())) return false;
  if (PyObject_GetBuffer(object.ptr(), &view, PyBUF_FULL_RO) < 0) {
    PyErr_Clear();
    return false;
  }
  bool read_only = view.readonly;
  PyBuffer_Release(&view);
  return read_only;
}

Foreign::Foreign(nb::handle object) {
  std::optional<Dtype> meant;
  nb::object source = plain(object, meant, is_copy);
  if (!nb::try_cast(source, view_)) {
    if (PyErr_Occurred()) nb::raise_python_error();
    if (has(source, "__array__")) {
      source = source.attr("__array__")();
      source = plain(source, meant, is_copy);
    }
    if (!nb::try_cast(source, view_)) {
      throw ValueError("array: an object of type " +
                       nb::cast<std::string>(nb::str(object.type().attr("__name__"))) +
                       " with dtype '" + name_of_dtype(object) +
                       "' cannot be read as an array of numbers in the host's memory");
    }
  }
  if (view_.device_type() != nb::device::cpu::value) {
    throw ValueError("array: the object's memory is on another device; copy it to the host first");
  }
  dtype = dtype_of_dlpack(view_.dtype(), wide_complex);
  if (meant) dtype = *meant;
  for (size_t i = 0; i < view_.ndim(); ++i) {
    shape.push_back(static_cast<int64_t>(view_.shape(i)));
    strides.push_back(view_.stride(i));
  }
}

const std::byte* Foreign::data() const { return static_cast<const std::byte*>(view_.data()); }

void Foreign::copy_to(std::byte* out) const {
  if (element_count(shape) == 0) return;
  const CopyScope copying;
  if (wide_complex) {
    auto* to = reinterpret_cast<complex64*>(out);
    auto* from = reinterpret_cast<const std::complex<double>*>(data());
    for_each_offset(shape, strides, [&](int64_t at) { *to++ = complex64(from[at]); });
    return;
  }
  size_t width = size_of(dtype);
  if (is_row_major(shape, strides)) {
    std::memcpy(out, data(), static_cast<size_t>(element_count(shape)) * width);
    return;
  }
  for_each_offset(shape, strides, [&](int64_t at) {
    std::memcpy(out, data() + at * static_cast<int64_t>(width), width);
    out += width;
  });
}

}  // namespace lazulite::python
