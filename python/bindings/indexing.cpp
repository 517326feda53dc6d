#include "lazulite/ops/indexing.h"

#include "conversion.h"
#include "define.h"
#include "foreign.h"
#include "lazulite/core/errors.h"
#include "lazulite/ops/manipulation.h"
#include "module.h"

namespace lazulite::python {
namespace {

std::optional<int64_t> bound_of(PyObject* object) {
  if (object == Py_None) return std::nullopt;
  nb::object index = nb::steal(PyNumber_Index(object));
  if (!index.is_valid()) nb::raise_python_error();
  int overflow = 0;
  long long value = PyLong_AsLongLongAndOverflow(index.ptr(), &overflow);
  if (overflow) return overflow > 0 ? INT64_MAX : INT64_MIN;
  return value;
}

Slice slice_of(nb::handle object) {
  auto part = [&](const char* name) {
    nb::object bound = nb::getattr(object, name);
    if (bound.is_none() || PyIndex_Check(bound.ptr())) return bound;
    throw ValueError("index: what a slice goes from, to and by are integers or None, not " +
                     nb::cast<std::string>(nb::str(bound.type().attr("__name__"))));
  };
  Slice out{bound_of(part("start").ptr()), bound_of(part("stop").ptr()), 1};
  if (auto step = bound_of(part("step").ptr())) out.step = *step;
  if (out.step == 0) throw ValueError("slice step cannot be zero");
  return out;
}

Index index_of(nb::handle object) {
  PyObject* o = object.ptr();
  if (o == Py_None) return newaxis;
  if (o == Py_Ellipsis) return ellipsis;
  if (PySlice_Check(o)) return slice_of(object);
  if (Array* array = array_of(object)) return *array;
  if (PyBool_Check(o)) return Array(Scalar(o == Py_True));
  if (PyLong_Check(o)) return *bound_of(o);
  if (PyList_Check(o) || is_foreign_array(object)) {
    Array array = array_from(object);
    return array.size() == 0 && !is_foreign_array(object) ? astype(array, Dtype::int32) : array;
  }
  if (PyIndex_Check(o)) return *bound_of(o);
  throw ValueError("Cannot index " + module_name() + ".array using the given type: " +
                   nb::cast<std::string>(nb::str(object.type().attr("__name__"))) +
                   "; ints, slices, None, ... and arrays of integers or bools are expected");
}

std::vector<Index> indices_of(nb::handle object) {
  std::vector<Index> out;
  if (!PyTuple_Check(object.ptr())) {
    out.push_back(index_of(object));
    return out;
  }
  for (Py_ssize_t i = 0; i < PyTuple_Size(object.ptr()); ++i) {
    out.push_back(index_of(PyTuple_GetItem(object.ptr(), i)));
  }
  return out;
}

Array update_of(nb::handle value, const Array& target) {
  if (auto scalar = scalar_of(value)) return Array(*scalar, target.dtype());
  return to_array(value);
}

/// x.at[...], which makes changed copies.
struct At {
  Array array;
  std::vector<Index> indices;
  bool indexed = false;

  Array update(nb::handle value, Update how) const {
    if (!indexed) {
      throw ValueError("at: indices are needed, as in x.at[i].add(v)");
    }
    OriginScope origin;
    return index_update(array, indices, update_of(value, array), how);
  }
};

void bind_at(nb::module_& m, nb::class_<Array>& type) {
  nb::class_<At> at(
      m, "ArrayAt",
      with_example(m, "ArrayAt", "What `x.at[...]` gives: makes changed copies of x.").c_str());
  at.def(
      "__getitem__",
      [](const At& a, nb::object indices) {
        return At{a.array, indices_of(indices), true};
      },
      "indices"_a.none());
  auto def = [&](const char* name, Update how, const char* doc) {
    at.def(
        name, [how](const At& a, nb::object value) { return a.update(value, how); }, "value"_a,
        doc);
  };
  def("add", Update::add, "A copy of x with the value added there, as often as an index occurs.");
  def("subtract", Update::subtract, "A copy of x with the value subtracted there.");
  def("multiply", Update::multiply, "A copy of x with what is there multiplied by the value.");
  def("divide", Update::divide, "A copy of x with what is there divided by the value.");
  def("maximum", Update::maximum, "A copy of x with the larger of what is there and the value.");
  def("minimum", Update::minimum, "A copy of x with the smaller of what is there and the value.");
  type.def_prop_ro(
      "at",
      [](const Array& a) {
        return At{a, {}, false};
      },
      "`x.at[indices].add(value)` and others: changed copies of x.");
}

void bind_gathers(nb::module_& m) {
  def_op(
      m, "take",
      [](const Array& a, nb::object indices, std::optional<int> axis) {
        int64_t one;
        if (!array_of(indices) && to_int(indices, one)) {
          return axis ? take(a, one, *axis) : take(flatten(a), one, 0);
        }
        Array positions = to_array(indices);
        return axis ? take(a, positions, *axis) : take(a, positions);
      },
      "a"_a, "indices"_a, "axis"_a = nb::none(), kw(),
      "The slices at these positions of an axis; of the flattened array if axis is None.");
  def_op(
      m, "take_along_axis",
      [](const Array& a, const Array& indices, std::optional<int> axis) {
        return axis ? take_along_axis(a, indices, *axis) : take_along_axis(flatten(a), indices, 0);
      },
      "a"_a, "indices"_a, "axis"_a = -1, kw(),
      "For each place of `indices`, the element of that line along the axis.");
  def_op(
      m, "put_along_axis",
      [](const Array& a, const Array& indices, const Array& values, std::optional<int> axis) {
        if (axis) return put_along_axis(a, indices, values, *axis);
        return reshape(put_along_axis(flatten(a), indices, values, 0), a.shape());
      },
      "a"_a, "indices"_a, "values"_a, "axis"_a = nb::none(), kw(),
      "A copy with values put where `take_along_axis` would read.");
}

}  // namespace

void bind_indexing(nb::module_& m, nb::class_<Array>& type) {
  type.def(
      "__getitem__",
      [](const Array& a, nb::handle indices) {
        OriginScope origin;
        PyObject* o = indices.ptr();
        if (PyLong_Check(o) && !PyBool_Check(o)) return a[Index(*bound_of(o))];
        return index(a, indices_of(indices));
      },
      "indices"_a.none());
  type.def(
      "__setitem__",
      [](nb::handle_t<Array> self, nb::handle indices, nb::handle value) {
        OriginScope origin;
        Array& a = *nb::inst_ptr<Array>(self);
        // The object lets go of its array, whose memory the result may take.
        std::vector<Index> places = indices_of(indices);
        Array update = update_of(value, a);
        a = index_update(a, places, std::move(update), Update::set);
      },
      "indices"_a.none(), "value"_a);
  bind_at(m, type);
  bind_gathers(m);
}

}  // namespace lazulite::python
