#include <fmt/format.h>
#include <nanobind/operators.h>

#include <cmath>
#include <limits>

#include "define.h"
#include "lazulite/core/errors.h"
#include "module.h"

namespace lazulite::python {
namespace {

constexpr Dtype all_dtypes[] = {
#define LAZULITE_DTYPE(type, name) Dtype::name,
    LAZULITE_FOR_EACH_DTYPE(LAZULITE_DTYPE)
#undef LAZULITE_DTYPE
};

enum class Category {
  complexfloating,
  floating,
  inexact,
  signedinteger,
  unsignedinteger,
  integer,
  number,
  generic
};

Category category_of(Dtype dtype) {
  switch (kind_of(dtype)) {
    case DtypeKind::boolean: return Category::generic;
    case DtypeKind::unsigned_integer: return Category::unsignedinteger;
    case DtypeKind::signed_integer: return Category::signedinteger;
    case DtypeKind::floating: return Category::floating;
    case DtypeKind::complex: return Category::complexfloating;
  }
  return Category::generic;
}

bool is_within(Category inner, Category outer) {
  if (inner == outer || outer == Category::generic) return true;
  switch (inner) {
    case Category::complexfloating:
    case Category::floating: return outer == Category::inexact || outer == Category::number;
    case Category::signedinteger:
    case Category::unsignedinteger: return outer == Category::integer || outer == Category::number;
    case Category::inexact:
    case Category::integer: return outer == Category::number;
    default: return false;
  }
}

// A dtype is only itself and what it belongs to; a bool is generic and nothing else.
bool is_subdtype(nb::handle a, nb::handle b) {
  auto dtype_of = [](nb::handle h) {
    return nb::isinstance<DtypeObject>(h) ? std::optional(nb::cast<DtypeObject>(h).value)
                                          : std::nullopt;
  };
  auto first = dtype_of(a), second = dtype_of(b);
  auto expect = [](nb::handle h, bool is_dtype) {
    if (is_dtype || nb::isinstance<Category>(h)) return;
    throw ValueError("issubdtype: dtypes and categories are expected, not an object of type " +
                     nb::cast<std::string>(h.type().attr("__name__")));
  };
  expect(a, first.has_value());
  expect(b, second.has_value());
  if (second) return first && *first == *second;
  Category outer = nb::cast<Category>(b);
  return is_within(first ? category_of(*first) : nb::cast<Category>(a), outer);
}

struct IntegerInfo {
  nb::object min, max;
  Dtype dtype;
  explicit IntegerInfo(DtypeObject object) : dtype(object.value) {
    if (!is_integer(dtype)) {
      throw ValueError(std::string("iinfo: an integer dtype is needed, not ") + name_of(dtype));
    }
    visit_dtype(dtype, [&](auto tag) {
      using T = typename decltype(tag)::type;
      if constexpr (std::is_integral_v<T>) {
        min = nb::int_(std::numeric_limits<T>::min());
        max = nb::int_(std::numeric_limits<T>::max());
      }
    });
  }
};

struct FloatInfo {
  Dtype dtype;
  double max, min, eps, smallest_normal;
  explicit FloatInfo(DtypeObject object) : dtype(object.value) {
    if (!is_inexact(dtype)) {
      throw ValueError(std::string("finfo: a floating or complex dtype is needed, not ") +
                       name_of(dtype));
    }
    if (dtype == Dtype::complex64) dtype = Dtype::float32;
    max = largest_finite(dtype);
    min = -max;
    switch (dtype) {
      case Dtype::float16: eps = std::ldexp(1, -10), smallest_normal = std::ldexp(1, -14); break;
      case Dtype::bfloat16: eps = std::ldexp(1, -7), smallest_normal = std::ldexp(1, -126); break;
      case Dtype::float64: eps = std::ldexp(1, -52), smallest_normal = std::ldexp(1, -1022); break;
      default: eps = std::ldexp(1, -23), smallest_normal = std::ldexp(1, -126);
    }
  }
};

// An array's, or a dtype itself.
Dtype own_dtype(const char* operation, nb::handle given) {
  if (Array* array = array_of(given)) return array->dtype();
  if (nb::isinstance<DtypeObject>(given)) return nb::cast<DtypeObject>(given).value;
  throw ValueError(std::string(operation) + ": arrays and dtypes are expected");
}

bool is_kind(Dtype dtype, nb::handle kind) {
  if (nb::isinstance<DtypeObject>(kind)) return nb::cast<DtypeObject>(kind).value == dtype;
  if (nb::isinstance<nb::tuple>(kind)) {
    for (nb::handle one : nb::borrow<nb::tuple>(kind)) {
      if (is_kind(dtype, one)) return true;
    }
    return false;
  }
  if (!nb::isinstance<nb::str>(kind)) {
    throw nb::type_error("isdtype: a dtype, the name of a kind, or a tuple of them is expected");
  }
  auto name = nb::cast<std::string>(kind);
  DtypeKind own = kind_of(dtype);
  if (name == "bool") return own == DtypeKind::boolean;
  if (name == "signed integer") return own == DtypeKind::signed_integer;
  if (name == "unsigned integer") return own == DtypeKind::unsigned_integer;
  if (name == "integral") return is_integer(dtype);
  if (name == "real floating") return own == DtypeKind::floating;
  if (name == "complex floating") return own == DtypeKind::complex;
  if (name == "numeric") return own != DtypeKind::boolean;
  throw ValueError("isdtype: '" + name +
                   "' is no kind of dtypes; there are 'bool', 'signed integer', 'unsigned "
                   "integer', 'integral', 'real floating', 'complex floating' and 'numeric'");
}

}  // namespace

const DtypeObject& object_of(Dtype dtype) {
  static const DtypeObject objects[] = {
#define LAZULITE_DTYPE(type, name) {Dtype::name},
      LAZULITE_FOR_EACH_DTYPE(LAZULITE_DTYPE)
#undef LAZULITE_DTYPE
  };
  return objects[static_cast<size_t>(dtype)];
}

void bind_dtypes(nb::module_& m) {
  nb::class_<DtypeObject>(
      m, "Dtype",
      with_example(m, "Dtype", "The type of an array's elements, for instance float32.").c_str())
      .def_prop_ro(
          "size", [](DtypeObject d) { return size_of(d.value); }, "Bytes of one element.")
      .def("__repr__",
           [](DtypeObject d) { return module_name() + "." + std::string(name_of(d.value)); })
      .def(
          "__eq__",
          [](DtypeObject d, nb::handle other) {
            return nb::isinstance<DtypeObject>(other) &&
                   nb::cast<DtypeObject>(other).value == d.value;
          },
          nb::arg().none())
      .def("__hash__", [](DtypeObject d) { return static_cast<int64_t>(d.value); })
      .def("__reduce__", [](DtypeObject d) {
        std::string name = d.value == Dtype::bool_ ? "bool_" : name_of(d.value);
        return name;
      });
  for (Dtype dtype : all_dtypes) {
    m.attr(dtype == Dtype::bool_ ? "bool_" : name_of(dtype)) =
        nb::cast(&object_of(dtype), nb::rv_policy::reference);
  }
  nb::enum_<Category>(m, "DtypeCategory",
                      with_example(m, "DtypeCategory", "A group of dtypes.").c_str())
      .value("complexfloating", Category::complexfloating)
      .value("floating", Category::floating)
      .value("inexact", Category::inexact)
      .value("signedinteger", Category::signedinteger)
      .value("unsignedinteger", Category::unsignedinteger)
      .value("integer", Category::integer)
      .value("number", Category::number)
      .value("generic", Category::generic)
      .export_values();
  nb::class_<IntegerInfo>(
      m, "iinfo",
      with_example(m, "iinfo", "The smallest and largest numbers of an integer dtype.").c_str())
      .def(nb::init<DtypeObject>())
      .def_ro("min", &IntegerInfo::min)
      .def_ro("max", &IntegerInfo::max)
      .def_prop_ro(
          "dtype", [](const IntegerInfo& i) { return &object_of(i.dtype); },
          nb::rv_policy::reference)
      .def("__repr__", [](const IntegerInfo& i) {
        return "iinfo(min=" + nb::cast<std::string>(nb::str(i.min)) +
               ", max=" + nb::cast<std::string>(nb::str(i.max)) + ", dtype=" + name_of(i.dtype) +
               ")";
      });
  nb::class_<FloatInfo>(
      m, "finfo",
      with_example(m, "finfo", "The limits of a floating dtype; of complex64, of its parts.")
          .c_str())
      .def(nb::init<DtypeObject>())
      .def_ro("min", &FloatInfo::min)
      .def_ro("max", &FloatInfo::max)
      .def_ro("eps", &FloatInfo::eps)
      .def_ro("smallest_normal", &FloatInfo::smallest_normal)
      .def_prop_ro("bits", [](const FloatInfo& i) { return 8 * size_of(i.dtype); })
      .def_prop_ro(
          "dtype", [](const FloatInfo& i) { return &object_of(i.dtype); }, nb::rv_policy::reference)
      .def("__repr__", [](const FloatInfo& i) {
        return fmt::format("finfo(min={:g}, max={:g}, dtype={})", i.min, i.max, name_of(i.dtype));
      });
  def(m, "issubdtype", &is_subdtype, "arg1"_a, "arg2"_a,
      "Whether a dtype or category lies within another.");
  def(
      m, "isdtype", [](DtypeObject dtype, nb::object kind) { return is_kind(dtype.value, kind); },
      "dtype"_a, "kind"_a,
      "Whether a dtype is of a kind: a dtype, a name of the array API's, or a tuple of them.");
  def(
      m, "result_type",
      [](nb::args given) {
        std::optional<Dtype> dtype;
        for (nb::handle one : given) {
          Dtype own = own_dtype("result_type", one);
          dtype = dtype ? lazulite::result_type(*dtype, own) : own;
        }
        if (!dtype) throw ValueError("result_type: at least one array or dtype is needed");
        return &object_of(*dtype);
      },
      nb::rv_policy::reference,
      nb::sig("def result_type(*arrays_and_dtypes: array | Dtype) -> Dtype"),
      "The dtype that an operation on all of them computes in.");
  def(
      m, "can_cast",
      [](nb::object from, DtypeObject to) {
        return lazulite::result_type(own_dtype("can_cast", from), to.value) == to.value;
      },
      "from_"_a, "to"_a, "Whether promotion leads from one dtype to the other.");
}

}  // namespace lazulite::python
