#include "arguments.h"

#include <climits>
#include <complex>

#include "conversion.h"
#include "lazulite/core/errors.h"
#include "lazulite/ops/elementwise.h"
#include "lazulite/ops/manipulation.h"
#include "streams.h"

namespace lazulite::python {

Array* array_of(nb::handle object) {
  static nb::handle type = nb::type<Array>();
  if (object.type().is(type)) return nb::inst_ptr<Array>(object);
  return nb::isinstance<Array>(object) ? nb::inst_ptr<Array>(object) : nullptr;
}

std::optional<Scalar> scalar_of(nb::handle object) {
  PyObject* o = object.ptr();
  if (PyBool_Check(o)) return Scalar(o == Py_True);
  if (PyFloat_Check(o)) return Scalar(PyFloat_AsDouble(o));
  if (PyLong_Check(o)) {
    int overflow = 0;
    long long value = PyLong_AsLongLongAndOverflow(o, &overflow);
    if (!overflow) return Scalar(static_cast<int64_t>(value));
    unsigned long long large = PyLong_AsUnsignedLongLong(o);
    if (PyErr_Occurred()) {
      PyErr_Clear();
      // The type is MLX's.
      PyErr_Format(PyExc_RuntimeError, "array: the integer %S does not fit into 64 bits", o);
      throw nb::python_error();
    }
    return Scalar(static_cast<uint64_t>(large));
  }
  if (PyComplex_Check(o)) {
    return Scalar(std::complex<float>(static_cast<float>(PyComplex_RealAsDouble(o)),
                                      static_cast<float>(PyComplex_ImagAsDouble(o))));
  }
  return std::nullopt;
}

Array to_array(nb::handle object, const Array* beside) {
  if (Array* array = array_of(object)) return *array;
  if (auto scalar = scalar_of(object)) {
    return beside ? scalar_beside(*scalar, *beside, "array") : Array(*scalar);
  }
  Array array = array_from(object);
  // A number of NumPy's is one of Python's.
  if (beside && array.ndim() == 0) {
    if (auto scalar = scalar_of(to_number(array))) return scalar_beside(*scalar, *beside, "array");
  }
  // Beside an array, a foreign one takes its dtype where that holds its kind of numbers, as a
  // Python number does.
  auto kind = [](const Array& x) {
    return is_integer(x.dtype()) ? DtypeKind::signed_integer : kind_of(x.dtype());
  };
  if (beside && kind(array) <= kind(*beside)) {
    return astype(array, beside->dtype());
  }
  return array;
}

bool is_operand(nb::handle object) {
  PyObject* o = object.ptr();
  if (array_of(object) || PyFloat_Check(o) || PyLong_Check(o) || PyComplex_Check(o)) return true;
  return is_foreign_array(object) || nb::hasattr(object, "__mlx_array__");
}

std::pair<Array, Array> to_arrays(nb::handle x, nb::handle y) {
  Array* first = array_of(x);
  Array* second = array_of(y);
  if (first) return {*first, to_array(y, first)};
  if (second) return {to_array(x, second), *second};
  Array a = to_array(x), b = to_array(y);
  return {std::move(a), std::move(b)};
}

nb::tuple shape_tuple(const Shape& shape) {
  nb::object tuple = nb::steal(PyTuple_New(static_cast<Py_ssize_t>(shape.size())));
  for (size_t i = 0; i < shape.size(); ++i) {
    PyTuple_SetItem(tuple.ptr(), static_cast<Py_ssize_t>(i), PyLong_FromLongLong(shape[i]));
  }
  return nb::borrow<nb::tuple>(tuple);
}

bool to_int(nb::handle object, int64_t& out) {
  PyObject* o = object.ptr();
  if (PyFloat_Check(o) || !PyIndex_Check(o)) return false;
  PyObject* index = PyNumber_Index(o);
  if (!index) {
    PyErr_Clear();
    return false;
  }
  out = PyLong_AsLongLong(index);
  Py_DECREF(index);
  if (out == -1 && PyErr_Occurred()) {
    PyErr_Clear();
    return false;
  }
  return true;
}

bool to_ints(nb::handle object, SmallVector<int64_t, 6>& out) {
  out.clear();
  int64_t value;
  if (to_int(object, value)) {
    out.push_back(value);
    return true;
  }
  if (!PySequence_Check(object.ptr()) || PyUnicode_Check(object.ptr())) return false;
  Py_ssize_t count = PySequence_Size(object.ptr());
  for (Py_ssize_t i = 0; i < count; ++i) {
    nb::object item = nb::steal(PySequence_GetItem(object.ptr(), i));
    if (!item.is_valid() || !to_int(item, value)) {
      PyErr_Clear();
      return false;
    }
    out.push_back(value);
  }
  if (count < 0) PyErr_Clear();
  return count >= 0;
}

int narrowed(int64_t value) {
  if (value < INT_MIN || value > INT_MAX) {
    throw nb::type_error(
        ("the integer " + std::to_string(value) + " is beyond those that axes and widths can be")
            .c_str());
  }
  return static_cast<int>(value);
}

}  // namespace lazulite::python

bool nanobind::detail::type_caster<lazulite::python::AxesArgument>::from_python(
    handle source, uint8_t, cleanup_list*) noexcept {
  value.axes.clear();
  value.all = source.is_none();
  if (value.all) return true;
  lazulite::SmallVector<int64_t, 6> axes;
  if (!lazulite::python::to_ints(source, axes)) return false;
  for (int64_t axis : axes) {
    if (axis < INT_MIN || axis > INT_MAX) return false;
    value.axes.push_back(static_cast<int>(axis));
  }
  return true;
}
