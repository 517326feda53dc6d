#include "lazulite/ops/creation.h"

#include "conversion.h"
#include "define.h"
#include "lazulite/core/errors.h"
#include "lazulite/ops/elementwise.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/shape_notes.h"
#include "module.h"

namespace lazulite::python {
namespace {

using DtypeOr = std::optional<DtypeObject>;

Dtype or_float(const DtypeOr& dtype) { return dtype ? dtype->value : Dtype::float32; }
std::optional<Dtype> wanted(const DtypeOr& dtype) {
  return dtype ? std::optional(dtype->value) : std::nullopt;
}

Scalar number(nb::handle object, const char* operation) {
  if (auto scalar = scalar_of(object)) return *scalar;
  if (Array* array = array_of(object); array && array->size() == 1) {
    return *scalar_of(to_number(*array));
  }
  if (is_foreign_array(object)) {
    Array array = array_from(object);
    if (array.size() == 1) return *scalar_of(to_number(array));
  }
  throw nb::type_error((std::string(operation) + ": a number is expected, not an object of type " +
                        nb::cast<std::string>(nb::str(object.type().attr("__name__"))))
                           .c_str());
}

Array filled(const Shape& shape, nb::handle value, const DtypeOr& dtype) {
  if (auto scalar = scalar_of(value)) {
    return dtype ? full(shape, *scalar, dtype->value) : full(shape, *scalar);
  }
  Array array = to_array(value);
  return dtype ? full(shape, array, dtype->value) : full(shape, array);
}

// As in MLX, a dtype that cannot hold the kind of a number gives way, arrays keep theirs, and what
// is NumPy's is converted.
DtypeOr dtype_of_filled(nb::handle value, const DtypeOr& dtype) {
  auto scalar = scalar_of(value);
  if (!dtype || array_of(value)) return std::nullopt;
  if (!scalar) return dtype;
  return DtypeObject{scalar_beside(*scalar, zeros({}, dtype->value), "full").dtype()};
}

void bind_fills(nb::module_& m) {
  def_op(
      m, "zeros",
      [](ShapeArgument shape, DtypeOr dtype) {
        const WrittenShapes written;
        return zeros(shape.shape, or_float(dtype));
      },
      "shape"_a, "dtype"_a = nb::none(), kw(),
      "An array of zeros (float32 if no dtype is given).\n\nExample:\n    >>> zeros((2, 2))\n    "
      "array([[0, 0],\n           [0, 0]], dtype=float32)\n");
  def_op(
      m, "ones",
      [](ShapeArgument shape, DtypeOr dtype) {
        const WrittenShapes written;
        return ones(shape.shape, or_float(dtype));
      },
      "shape"_a, "dtype"_a = nb::none(), kw(), "An array of ones (float32 if no dtype is given).");
  m.attr("empty") = m.attr("zeros");
  def_op(
      m, "zeros_like", [](const Array& a, DtypeOr dtype) { return zeros_like(a, wanted(dtype)); },
      "a"_a, "dtype"_a = nb::none(), kw(),
      "Zeros of an array's shape, and of its dtype if none is given.");
  m.attr("empty_like") = m.attr("zeros_like");
  def_op(
      m, "ones_like", [](const Array& a, DtypeOr dtype) { return ones_like(a, wanted(dtype)); },
      "a"_a, "dtype"_a = nb::none(), kw(),
      "Ones of an array's shape, and of its dtype if none is given.");
  def_op(
      m, "full",
      [](ShapeArgument shape, Operand value, DtypeOr dtype) {
        const WrittenShapes written;
        return filled(shape.shape, value.object, dtype_of_filled(value.object, dtype));
      },
      "shape"_a, "vals"_a, "dtype"_a = nb::none(), kw(),
      "An array filled with a number, or with an array that is broadcast to the shape.");
  def_op(
      m, "full_like",
      [](const Array& a, Operand value, DtypeOr dtype) {
        Dtype type = dtype ? dtype->value : a.dtype();
        return filled(a.shape(), value.object, DtypeObject{type});
      },
      "a"_a, "vals"_a, "dtype"_a = nb::none(), kw(), "`full` of an array's shape and dtype.");
}

void bind_ranges(nb::module_& m) {
  def_op(
      m, "arange",
      [](nb::object start, nb::object stop, nb::object step, DtypeOr dtype) {
        if (stop.is_none()) std::swap(start, stop);
        if (stop.is_none()) throw nb::type_error("arange: where to stop must be given");
        Scalar from = start.is_none() ? Scalar(0) : number(start, "arange");
        Scalar by = step.is_none() ? Scalar(1) : number(step, "arange");
        const WrittenShapes written;
        auto is_bool = [](nb::handle given) {
          return given.is_none() || PyBool_Check(given.ptr());
        };
        bool bools = !dtype && is_bool(start) && is_bool(stop) && is_bool(step);
        if (bools || (dtype && dtype->value == Dtype::bool_)) {
          throw ValueError("arange: bool is no dtype of numbers to count in");
        }
        return arange(from, number(stop, "arange"), by, wanted(dtype));
      },
      "start"_a = nb::none(), "stop"_a = nb::none(), "step"_a = nb::none(), "dtype"_a = nb::none(),
      kw(),
      nb::sig("def arange(start: int | float | None = None, stop: int | float | None = None, step: "
              "int | float | "
              "None = None, dtype: Dtype | None = None, *, stream: Stream | Device | DeviceType | "
              "None = None) -> array"),
      "start, start + step, ... up to stop, which is left out. With one number, from 0 to there. "
      "int32 if all are ints, else float32.");
  def_op(
      m, "linspace",
      [](nb::object start, nb::object stop, std::optional<int64_t> count, bool endpoint,
         DtypeOr dtype) {
        const WrittenShapes written;
        int64_t n = count.value_or(50);
        Scalar from = number(start, "linspace"), to = number(stop, "linspace");
        if (endpoint) return linspace(from, to, n, or_float(dtype));
        // One more, whose last is left out.
        Array all = linspace(from, to, add_sizes(n, 1, "linspace"), or_float(dtype));
        return slice(all, {0}, {n});
      },
      "start"_a, "stop"_a, "num"_a = 50, "endpoint"_a = true, "dtype"_a = nb::none(),
      "`num` numbers at equal distances from start to stop, with stop itself if `endpoint`.");
}

void bind_matrices(nb::module_& m) {
  def_op(
      m, "eye",
      [](int64_t n, std::optional<int64_t> columns, int k, DtypeOr dtype) {
        const WrittenShapes written;
        return eye(n, columns.value_or(n), k, or_float(dtype));
      },
      "n"_a, "m"_a = nb::none(), "k"_a = 0, "dtype"_a = nb::none(), kw(),
      "An (n, m) matrix with ones on the k-th diagonal.");
  def_op(
      m, "identity",
      [](int64_t n, DtypeOr dtype) {
        const WrittenShapes written;
        return identity(n, or_float(dtype));
      },
      "n"_a, "dtype"_a = nb::none(), kw(), "The (n, n) identity matrix.");
  def_op(
      m, "tri",
      [](int64_t n, std::optional<int64_t> columns, int k, DtypeOr dtype) {
        const WrittenShapes written;
        return tri(n, columns.value_or(n), k, or_float(dtype));
      },
      "n"_a, "m"_a = nb::none(), "k"_a = 0, "dtype"_a = nb::none(), kw(),
      "An (n, m) matrix with ones on and below the k-th diagonal.");
  def_op(
      m, "tril", [](const Array& x, int k) { return tril(x, k); }, "x"_a, "k"_a = 0, kw(),
      "What lies on and below the k-th diagonal of the last two axes; zeros elsewhere.");
  def_op(
      m, "triu", [](const Array& x, int k) { return triu(x, k); }, "x"_a, "k"_a = 0, kw(),
      "What lies on and above the k-th diagonal of the last two axes; zeros elsewhere.");
}

template <Array (*window)(int64_t)>
void bind_window(nb::module_& m, const char* name, const char* doc) {
  def_op(
      m, name, [](int64_t count) { return window(count); }, "M"_a, kw(), doc);
}

void bind_windows(nb::module_& m) {
  bind_window<&lazulite::hanning>(m, "hanning", "The Hann window of M points (float32).");
  bind_window<&lazulite::hamming>(m, "hamming", "The Hamming window of M points (float32).");
  bind_window<&lazulite::blackman>(m, "blackman", "The Blackman window of M points (float32).");
  bind_window<&lazulite::bartlett>(m, "bartlett", "The triangular window of M points (float32).");
}

}  // namespace

void bind_creation(nb::module_& m) {
  bind_fills(m);
  bind_ranges(m);
  bind_matrices(m);
  bind_windows(m);
}

}  // namespace lazulite::python
