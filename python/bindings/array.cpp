#include "lazulite/core/array.h"

#include "collected.h"
#include "conversion.h"
#include "define.h"
#include "evaluation.h"
#include "exports.h"
#include "lazulite/core/errors.h"
#include "lazulite/core/print.h"
#include "lazulite/ops/elementwise.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/transforms/traced.h"
#include "module.h"
#include "operators.h"

namespace lazulite::python {
namespace {

void bind_properties(nb::class_<Array>& type) {
  type.def_prop_ro(
          "shape", [](const Array& a) { return shape_tuple(a.shape()); },
          nb::sig("def shape(self) -> tuple[int, ...]"), "The sizes of the axes.")
      .def_prop_ro(
          "ndim", [](const Array& a) { return a.ndim(); }, "The number of axes.")
      .def_prop_ro(
          "size", [](const Array& a) { return a.size(); }, "The number of elements.")
      .def_prop_ro(
          "dtype", [](const Array& a) { return &object_of(a.dtype()); }, nb::rv_policy::reference,
          "The type of the elements.")
      .def_prop_ro(
          "itemsize", [](const Array& a) { return a.itemsize(); }, "Bytes of one element.")
      .def_prop_ro(
          "nbytes", [](const Array& a) { return a.nbytes(); }, "Bytes of all elements.")
      .def_prop_ro(
          "real", [](const Array& a) { return apply_row(Row::real, {a}); }, "The real parts.")
      .def_prop_ro(
          "imag", [](const Array& a) { return apply_row(Row::imag, {a}); }, "The imaginary parts.");
}

std::string printed(Array a) {
  evaluate(a, Cause::print);
  return print(a);
}

// What a placeholder looks like inside of a function that is being traced.
std::string text_of(const Array& a) {
  if (a.valid() && !a.is_evaluated() && is_traced(a)) {
    return "array(<traced>, shape=" + to_string(a.shape()) + ", dtype=" + name_of(a.dtype()) + ")";
  }
  return printed(a);
}

/// Goes through the first axis.
struct Iterator {
  Array array;
  int64_t next = 0;
};

/// An object that becomes an array when it is used as one.
struct ArrayLike {
  nb::object object;

  int traverse(visitproc visit, void* arg) const { return visit_all(visit, arg, object); }
  void clear() { object.reset(); }
};

void bind_python_protocols(nb::class_<Array>& type) {
  type.def("__repr__", &text_of)
      .def("__str__", &text_of)
      .def("__format__",
           [](const Array& a, nb::handle spec) -> nb::object {
             bool plain = nb::len(spec) == 0;
             if (plain && (a.ndim() != 0 || is_traced(a))) return nb::str(text_of(a).c_str());
             if (a.ndim() == 0) return to_number(a, Cause::print).attr("__format__")(spec);
             throw nb::type_error(("unsupported format string passed to " + module_name() +
                                   ".array.__format__: the array has shape " + to_string(a.shape()))
                                      .c_str());
           })
      .def("__hash__",
           [](nb::handle_t<Array> a) { return reinterpret_cast<intptr_t>(a.ptr()) >> 4; })
      .def("__len__",
           [](const Array& a) {
             if (a.ndim() == 0) throw nb::type_error("len() 0-dimensional array.");
             return a.shape(0);
           })
      .def("__iter__",
           [](const Array& a) {
             if (a.ndim() == 0) throw nb::type_error("iteration over a 0-dimensional array.");
             return Iterator{a};
           })
      .def("__bool__", [](const Array& a) { return nb::bool_(to_number(a, Cause::truth)); })
      .def("__int__", [](const Array& a) { return nb::int_(to_number(a, Cause::conversion)); })
      .def("__float__", [](const Array& a) { return nb::float_(to_number(a, Cause::conversion)); })
      .def("__complex__",
           [](const Array& a) {
             nb::object complex = nb::module_::import_("builtins").attr("complex");
             return complex(to_number(a, Cause::conversion));
           })
      .def("__index__",
           [](const Array& a) {
             if (a.ndim() != 0 || !is_integer(a.dtype())) {
               throw nb::type_error(
                   "Only 0-dimensional integer arrays can be converted to an index.");
             }
             return nb::int_(to_number(a, Cause::conversion));
           })
      .def(
          "item", [](const Array& a) { return to_number(a); },
          nb::sig("def item(self) -> typing.Any"),
          "The only element as a Python number; evaluates.")
      .def("tolist", &to_list, nb::sig("def tolist(self) -> typing.Any"),
           "The elements as nested lists of Python numbers; evaluates.")
      .def("__copy__", [](const Array& a) { return a; })
      .def(
          "__deepcopy__", [](const Array& a, nb::handle) { return copy(a); }, "memo"_a.none())
      .def("__bytes__",
           [](Array a) {
             evaluate(a, Cause::conversion);
             const Array bytes = view(flatten(a), Dtype::uint8);
             evaluate(bytes, Cause::conversion);
             return nb::bytes(bytes.size() ? bytes.data<uint8_t>() : nullptr, a.nbytes());
           })
      .def("__sizeof__", [](const Array& a) { return sizeof(Array) + 16 + a.nbytes(); });
}

}  // namespace

nb::class_<Array> bind_array(nb::module_& m) {
  nb::class_<Array> type(
      m, "array", nb::is_weak_referenceable(), nb::type_slots(export_slots),
      with_example(
          m, "array",
          "An n-dimensional array, whose value is computed when it is needed.\n\nArgs:\n    val: a "
          "number, any nest of lists and tuples of numbers and arrays, or the array of another "
          "library (NumPy, PyTorch, JAX, ...). It is copied.\n    dtype: the type of the elements; "
          "follows from the numbers if None.\n\nExample:\n    >>> array([[1, 2], [3, 4.5]])\n    "
          "array([[1, 2],\n           [3, 4.5]], dtype=float32)\n")
          .c_str());
  type.def(
      "__init__",
      [](Array* self, nb::object value, std::optional<DtypeObject> dtype) {
        new (self) Array();
        OriginScope origin;
        *self = array_from(value, dtype ? std::optional(dtype->value) : std::nullopt);
      },
      "val"_a, "dtype"_a = nb::none());
  bind_properties(type);
  bind_operators(type);
  bind_python_protocols(type);
  bind_exports(m, type);
  nb::class_<ArrayLike>(
      m, "ArrayLike", nb::type_slots(collected_slots<ArrayLike>),
      with_example(
          m, "ArrayLike",
          "An object with a method `__mlx_array__`, which returns an array. Functions take "
          "such objects where they take arrays beside numbers.")
          .c_str())
      .def(
          "__init__",
          [](ArrayLike* self, nb::object object) { new (self) ArrayLike{std::move(object)}; },
          "object"_a)
      .def("__mlx_array__", [](const ArrayLike& self) { return array_from(self.object); });
  nb::class_<Iterator>(
      m, "ArrayIterator",
      with_example(m, "ArrayIterator", "Goes through the first axis of an array.").c_str())
      .def(
          "__iter__", [](nb::handle_t<Iterator> it) { return nb::borrow(it); }, nb::rv_policy::none,
          nb::sig("def __iter__(self) -> ArrayIterator"))
      .def("__next__", [](Iterator& it) {
        if (it.next >= it.array.shape(0)) throw nb::stop_iteration();
        return it.array[Index(it.next++)];
      });
  return type;
}

}  // namespace lazulite::python
