#include "lazulite/ops/manipulation.h"

#include <algorithm>

#include "conversion.h"
#include "define.h"
#include "lazulite/core/errors.h"
#include "lazulite/ops/bounds.h"
#include "lazulite/ops/comparison.h"
#include "lazulite/ops/control.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/division.h"
#include "lazulite/ops/elementwise.h"
#include "lazulite/ops/fp8.h"
#include "lazulite/ops/reduction.h"
#include "lazulite/ops/rounding.h"
#include "lazulite/ops/shape_notes.h"
#include "module.h"

namespace lazulite::python {
namespace {

using Type = nb::class_<Array>;

Axes axes_of(const SmallVector<int64_t, 6>& values) {
  Axes axes;
  for (int64_t value : values) axes.push_back(narrowed(value));
  return axes;
}

// Sizes or axes that were given one by one or as one sequence.
SmallVector<int64_t, 6> unpacked(nb::args given, const char* operation) {
  SmallVector<int64_t, 6> values;
  nb::handle all = given.size() == 1 ? nb::handle(given[0]) : nb::handle(given);
  if (!to_ints(all, values)) {
    throw nb::type_error(
        (std::string(operation) + ": ints, or a sequence of ints, are expected").c_str());
  }
  return values;
}

void bind_shapes(nb::module_& m, Type& type) {
  def_op(
      m, "reshape",
      [](const Array& a, ShapeArgument shape) {
        const WrittenShapes written;
        return reshape(a, shape.shape);
      },
      "a"_a, "shape"_a, kw(),
      "The same elements in another shape; one size may be -1 and follows from the others.");
  type.def(
      "reshape",
      [](const Array& a, nb::args shape, StreamArgument stream) {
        OriginScope origin;
        StreamArgumentScope scope(stream);
        const WrittenShapes written;
        return reshape(a, unpacked(shape, "reshape"));
      },
      "shape"_a, nb::kw_only(), "stream"_a = nb::none(),
      "The same elements in another shape: sizes, or one sequence of them.");
  // As in MLX, axes beyond the first and the last stand for those.
  auto flatten_call = [](const Array& a, int start, int end) {
    const int count = static_cast<int>(a.ndim());
    if (count == 0) return flatten(a);
    const int first = std::max(start < 0 ? start + count : start, 0);
    const int last = std::min(end < 0 ? end + count : end, count - 1);
    if (first > last) {
      throw ValueError("flatten: there are no axes from " + std::to_string(start) + " to " +
                       std::to_string(end) + " in an array of shape " + to_string(a.shape()));
    }
    return flatten(a, first, last);
  };
  def_op(m, "flatten", flatten_call, "a"_a, "start_axis"_a = 0, "end_axis"_a = -1, kw(),
         "The axes from start_axis to end_axis as one.");
  def_method(type, "flatten", flatten_call, "start_axis"_a = 0, "end_axis"_a = -1, kw(),
             "The axes from start_axis to end_axis as one.");
  def_op(
      m, "unflatten",
      [](const Array& a, int axis, ShapeArgument shape) { return unflatten(a, axis, shape.shape); },
      "a"_a, "axis"_a, "shape"_a, kw(), "One axis as several.");
  def_op(
      m, "expand_dims",
      [](const Array& a, IntsArgument axis) { return expand_dims(a, axes_of(axis.values)); }, "a"_a,
      "axis"_a, kw(), "Axes of size 1 at these places of the result.");
  auto squeeze_call = [](const Array& a, AxesArgument axis) {
    return !axis.all && axis.axes.empty() ? a : squeeze(a, axis.axes);
  };
  def_op(m, "squeeze", squeeze_call, "a"_a, "axis"_a = nb::none(), kw(),
         "Without axes of size 1: these, or all of them if None.");
  def_method(type, "squeeze", squeeze_call, "axis"_a = nb::none(), kw(),
             "Without axes of size 1: these, or all of them if None.");
}

template <Array (*atleast)(Array)>
void bind_atleast(nb::module_& m, const char* name, const char* doc) {
  def(
      m, name,
      [name](nb::args arrays, StreamArgument stream) -> nb::object {
        OriginScope origin;
        StreamArgumentScope scope(stream);
        const OperationScope operation(name);
        if (arrays.size() == 1) return nb::cast(atleast(to_array(arrays[0])));
        nb::list out;
        for (nb::handle one : arrays) out.append(atleast(to_array(one)));
        return out;
      },
      "arys"_a, nb::kw_only(), "stream"_a = nb::none(), doc);
}

void bind_orders(nb::module_& m, Type& type) {
  auto transposed = [](const Array& a, AxesArgument axes) {
    if (axes.all) return transpose(a);
    if (axes.axes.empty() && a.ndim() != 0) {
      throw ValueError("transpose: no axes were given for an array of " + std::to_string(a.ndim()) +
                       " axes");
    }
    return transpose(a, axes.axes);
  };
  def_op(m, "transpose", transposed, "a"_a, "axes"_a = nb::none(), kw(),
         "The axes in this order; reversed if None.");
  m.attr("permute_dims") = m.attr("transpose");
  type.def(
      "transpose",
      [](const Array& a, nb::args axes, StreamArgument stream) {
        OriginScope origin;
        StreamArgumentScope scope(stream);
        if (axes.size() == 0 || (axes.size() == 1 && nb::handle(axes[0]).is_none())) {
          return transpose(a);
        }
        return transpose(a, axes_of(unpacked(axes, "transpose")));
      },
      "axes"_a, nb::kw_only(), "stream"_a = nb::none(),
      "The axes in this order: ints, or one sequence of them; reversed if none is given.");
  auto swap = [](const Array& a, int axis1, int axis2) { return swapaxes(a, axis1, axis2); };
  def_op(m, "swapaxes", swap, "a"_a, "axis1"_a, "axis2"_a, kw(), "Two axes, exchanged.");
  def_method(type, "swapaxes", swap, "axis1"_a, "axis2"_a, kw(), "Two axes, exchanged.");
  auto move = [](const Array& a, int from, int to) { return moveaxis(a, from, to); };
  def_op(m, "moveaxis", move, "a"_a, "source"_a, "destination"_a, kw(),
         "An axis at another place.");
  def_method(type, "moveaxis", move, "source"_a, "destination"_a, kw(),
             "An axis at another place.");
  def_op(
      m, "matrix_transpose",
      [](const Array& a) {
        if (a.ndim() < 2)
          throw ValueError("matrix_transpose: an array of at least 2 axes is needed");
        return swapaxes(a, -2, -1);
      },
      "a"_a, kw(), "The last two axes, exchanged.");
  type.def_prop_ro(
      "T", [](const Array& a) { return transpose(a); }, "The axes, reversed.");
  type.def_prop_ro(
      "mT",
      [](const Array& a) {
        if (a.ndim() < 2) throw ValueError("mT: an array of at least 2 axes is needed");
        return swapaxes(a, -2, -1);
      },
      "The last two axes, exchanged.");
}

void bind_broadcasts(nb::module_& m) {
  def_op(
      m, "broadcast_to",
      [](Operand a, ShapeArgument shape) {
        const WrittenShapes written;
        return broadcast_to(to_array(a.object), shape.shape);
      },
      "a"_a, "shape"_a, kw(), "The array, repeated along new axes and axes of size 1.");
  def(
      m, "broadcast_arrays",
      [](nb::args arrays, StreamArgument stream) {
        OriginScope origin;
        StreamArgumentScope scope(stream);
        const OperationScope operation("broadcast_arrays");
        bool listed = arrays.size() == 1 &&
                      (nb::isinstance<nb::list>(arrays[0]) || nb::isinstance<nb::tuple>(arrays[0]));
        std::vector<Array> given;
        nb::object items = listed ? nb::object(arrays[0]) : nb::object(arrays);
        for (nb::handle one : items) given.push_back(to_array(one));
        return broadcast_arrays(std::move(given));
      },
      "arrays"_a, nb::kw_only(), "stream"_a = nb::none(), "All arrays in their common shape.");
  def(
      m, "broadcast_shapes",
      [](nb::args shapes) {
        if (shapes.size() == 0) throw ValueError("broadcast_shapes: no shape is given");
        Shape all;
        for (nb::handle one : shapes) {
          Shape shape;
          if (!to_ints(one, shape)) throw nb::type_error("broadcast_shapes: shapes are expected");
          all = lazulite::broadcast_shapes(all, shape, "broadcast_shapes");
        }
        return shape_tuple(all);
      },
      "shapes"_a, "The common shape of arrays of these shapes.");
}

std::vector<Array> arrays_of(nb::handle given, const char* operation) {
  if (Array* array = array_of(given)) return unstack(*array);
  std::vector<Array> arrays;
  for (nb::handle one : given) {
    Array* array = array_of(one);
    if (!array) {
      throw nb::type_error((std::string(operation) + ": a list of arrays is expected").c_str());
    }
    arrays.push_back(*array);
  }
  return arrays;
}

void bind_joins(nb::module_& m) {
  def_op(
      m, "concatenate",
      [](nb::object arrays, std::optional<int> axis) {
        std::vector<Array> given = arrays_of(arrays, "concatenate");
        if (axis) return concatenate(std::move(given), *axis);
        for (Array& array : given) array = flatten(array);
        return concatenate(std::move(given), 0);
      },
      "arrays"_a, "axis"_a = 0, kw(), "Arrays one after another along an axis; flattened if None.");
  m.attr("concat") = m.attr("concatenate");
  def_op(
      m, "stack",
      [](nb::object arrays, std::optional<int> axis) {
        return stack(arrays_of(arrays, "stack"), axis.value_or(0));
      },
      "arrays"_a, "axis"_a = 0, kw(), "Arrays of one shape, side by side along a new axis.");
  def_op(
      m, "tile",
      [](const Array& a, ShapeArgument reps) {
        const WrittenShapes written;
        return tile(a, reps.shape);
      },
      "a"_a, "reps"_a, kw(), "The array, repeated as a whole.");
  def_op(
      m, "repeat",
      [](const Array& a, int64_t repeats, std::optional<int> axis) {
        const WrittenShapes written;
        return axis ? repeat(a, repeats, *axis) : repeat(a, repeats);
      },
      "array"_a, "repeats"_a, "axis"_a = nb::none(), kw(),
      "Each element repeated along an axis; of the flattened array if None.");
  def(
      m, "meshgrid",
      [](nb::args arrays, bool sparse, const std::string& indexing, StreamArgument stream) {
        OriginScope origin;
        StreamArgumentScope scope(stream);
        const OperationScope operation("meshgrid");
        if (indexing != "xy" && indexing != "ij") {
          throw ValueError("meshgrid: indexing must be 'xy' or 'ij', not '" + indexing + "'");
        }
        std::vector<Array> grid;
        size_t count = arrays.size();
        for (size_t i = 0; i < count; ++i) {
          // The first two axes change places under xy.
          size_t axis = indexing == "xy" && count > 1 && i < 2 ? 1 - i : i;
          Shape shape(count, 1);
          shape[axis] = -1;
          grid.push_back(reshape(to_array(arrays[i]), shape));
        }
        if (!sparse) grid = broadcast_arrays(std::move(grid));
        return nb::tuple(nb::cast(grid));
      },
      "arrays"_a, nb::kw_only(), "sparse"_a = false, "indexing"_a = "xy", "stream"_a = nb::none(),
      "Arrays of coordinates of a grid, from one-dimensional arrays of each axis' coordinates.");
}

void bind_parts(nb::module_& m, Type& type) {
  auto split_call = [](const Array& a, IntsArgument where, int axis) {
    if (where.single) return split_equally(a, where.values[0], axis);
    return split(a, std::vector<int64_t>(where.values.begin(), where.values.end()), axis);
  };
  def_op(m, "split", split_call, "a"_a, "indices_or_sections"_a, "axis"_a = 0, kw(),
         "Parts along an axis: so many equal ones, or cut at these places.");
  def_method(type, "split", split_call, "indices_or_sections"_a, "axis"_a = 0, kw(),
             "Parts along an axis: so many equal ones, or cut at these places.");
  def_op(
      m, "unstack", [](const Array& a, int axis) { return nb::tuple(nb::cast(unstack(a, axis))); },
      "x"_a, kw(), "axis"_a = 0, "The slices along an axis, as a tuple.");
  def_op(
      m, "flip",
      [](const Array& a, AxesArgument axis) {
        return !axis.all && axis.axes.empty() ? a : flip(a, axis.axes);
      },
      "a"_a, "axis"_a = nb::none(), kw(), "In reverse order along these axes, or all.");
  def_op(
      m, "roll",
      [](const Array& a, IntsArgument shift, std::optional<IntsArgument> axis) {
        if (!axis) {
          int64_t total = 0;
          for (int64_t by : shift.values) total += by;
          return roll(a, total);
        }
        if (shift.single && !axis->single) {
          while (shift.values.size() < axis->values.size()) {
            shift.values.push_back(shift.values[0]);
          }
        }
        // Surplus shifts are passed over.
        if (shift.values.size() < axis->values.size()) {
          throw ValueError("roll: " + std::to_string(shift.values.size()) +
                           " shifts were given for " + std::to_string(axis->values.size()) +
                           " axes");
        }
        Array out = a;
        for (size_t i = 0; i < axis->values.size(); ++i) {
          out = roll(out, shift.values[i], narrowed(axis->values[i]));
        }
        return out;
      },
      "a"_a, "shift"_a, "axis"_a = nb::none(), kw(),
      "Shifted along axes, what leaves at one end entering at the other; flattened if None.");
  auto diagonal_call = [](const Array& a, int offset, int axis1, int axis2) {
    return diagonal(a, offset, axis1, axis2);
  };
  def_op(m, "diagonal", diagonal_call, "a"_a, "offset"_a = 0, "axis1"_a = 0, "axis2"_a = 1,
         "The elements of a diagonal of two axes, along the last axis.");
  def_method(type, "diagonal", diagonal_call, "offset"_a = 0, "axis1"_a = 0, "axis2"_a = 1,
             "The elements of a diagonal of two axes, along the last axis.");
  auto diag_call = [](const Array& a, int k) { return diag(a, k); };
  def_op(m, "diag", diag_call, "a"_a, "k"_a = 0, kw(),
         "The k-th diagonal of a matrix, or the matrix with this diagonal.");
  def_method(type, "diag", diag_call, "k"_a = 0, kw(),
             "The k-th diagonal of a matrix, or the matrix with this diagonal.");
  def_op(
      m, "diff", [](const Array& a, int n, int axis) { return diff(a, n, axis); }, "a"_a, "n"_a = 1,
      "axis"_a = -1, kw(), "The n-th differences of neighbours along an axis.");
  def_op(
      m, "trace",
      [](const Array& a, int offset, int axis1, int axis2, std::optional<DtypeObject> dtype) {
        Array d = diagonal(a, offset, axis1, axis2);
        if (dtype) d = astype(d, dtype->value);
        return sum(d, {-1});
      },
      "a"_a, "offset"_a = 0, "axis1"_a = 0, "axis2"_a = 1, "dtype"_a = nb::none(), kw(),
      "The sum of a diagonal of two axes.");
}

std::vector<PadWidth> pad_widths(nb::handle given, size_t ndim) {
  int64_t one;
  if (to_int(given, one)) return std::vector<PadWidth>(ndim, {one, one});
  std::vector<PadWidth> widths;
  SmallVector<int64_t, 6> values;
  if (to_ints(given, values)) {
    if (values.empty() && ndim == 0) return widths;
    if (values.size() == 1) return std::vector<PadWidth>(ndim, {values[0], values[0]});
    if (values.size() == 2) return std::vector<PadWidth>(ndim, {values[0], values[1]});
    throw nb::type_error("pad: one int, a pair, or a pair for each axis is expected");
  }
  for (nb::handle pair : given) {
    if (!to_ints(pair, values) || values.size() != 2) {
      throw nb::type_error("pad: one int, a pair, or a pair for each axis is expected");
    }
    widths.emplace_back(values[0], values[1]);
  }
  if (widths.size() == 1) return std::vector<PadWidth>(ndim, widths[0]);
  return widths;
}

void bind_values(nb::module_& m, Type& type) {
  def_op(
      m, "pad",
      [](const Array& a, nb::object width, const std::string& mode, Operand value) {
        std::vector<PadWidth> widths = pad_widths(width, a.ndim());
        if (mode == "constant") {
          if (auto scalar = scalar_of(value.object)) return pad(a, widths, *scalar);
          return pad(a, widths, *scalar_of(to_number(to_array(value.object))));
        }
        if (mode == "edge") return pad_edge(a, widths);
        if (mode == "reflect") return pad_mirrored(a, widths, false);
        if (mode == "symmetric") return pad_mirrored(a, widths, true);
        throw ValueError("pad: there is no mode '" + mode +
                         "'; there are constant, edge, reflect and symmetric");
      },
      "a"_a, "pad_width"_a, "mode"_a = "constant", "constant_values"_a = 0, kw(),
      "The array with a border: so many elements on each side, a pair, or a pair for each axis.");
  def_op(
      m, "clip",
      [](const Array& a, nb::object low, nb::object high) {
        if (low.is_none() && high.is_none()) {
          throw ValueError("clip: at least one of a_min and a_max is needed");
        }
        Array out = a;
        auto bounded = [&](nb::handle bound, Row row) {
          if (bound.is_none()) return;
          auto [x, y] = std::pair(out, to_array(bound, &out));
          out = apply_row(row, {std::move(x), std::move(y)});
        };
        bounded(low, Row::maximum);
        bounded(high, Row::minimum);
        return out;
      },
      "a"_a, nb::arg("a_min").none(), nb::arg("a_max").none(), kw(),
      "Elements below a_min become a_min, above a_max a_max; either may be None.");
  auto round_call = [](const Array& a, int decimals) { return round(a, decimals); };
  def_op(
      m, "round",
      [round_call](Operand a, int decimals) { return round_call(to_array(a.object), decimals); },
      "a"_a, "decimals"_a = 0, "Rounded to so many decimals, halves to the even neighbour.");
  def_method(type, "round", round_call, "decimals"_a = 0, kw(),
             "Rounded to so many decimals, halves to the even neighbour.");
  def_op(
      m, "nan_to_num",
      [](Operand a, double nan, std::optional<double> high, std::optional<double> low) {
        return nan_to_num(to_array(a.object), nan, high, low);
      },
      "a"_a, "nan"_a = 0.0, "posinf"_a = nb::none(), "neginf"_a = nb::none(), kw(),
      "NaN and infinities replaced; infinities by the largest finite numbers if None.");
  def_op(
      m, "divmod",
      [](Operand a, Operand b) {
        auto [x, y] = to_arrays(a.object, b.object);
        auto [quotient, rest] = divmod(x, y);
        return nb::cast(std::vector<Array>{quotient, rest});
      },
      "a"_a, "b"_a, "The quotients rounded down, and the remainders.");
  def_op(
      m, "isclose",
      [](Operand a, Operand b, double rtol, double atol, bool equal_nan) {
        auto [x, y] = to_arrays(a.object, b.object);
        return isclose(x, y, rtol, atol, equal_nan);
      },
      "a"_a, "b"_a, "rtol"_a = 1e-5, "atol"_a = 1e-8, kw(), "equal_nan"_a = false,
      "Whether abs(a - b) <= atol + rtol * abs(b), element by element.");
  def_op(
      m, "allclose",
      [](Operand a, Operand b, double rtol, double atol, bool equal_nan) {
        auto [x, y] = to_arrays(a.object, b.object);
        return allclose(x, y, rtol, atol, equal_nan);
      },
      "a"_a, "b"_a, "rtol"_a = 1e-5, "atol"_a = 1e-8, kw(), "equal_nan"_a = false,
      "Whether all elements are close, as `isclose` says.");
  def_op(
      m, "array_equal",
      [](Operand a, Operand b, bool equal_nan) {
        auto [x, y] = to_arrays(a.object, b.object);
        return array_equal(x, y, equal_nan);
      },
      "a"_a, "b"_a, "equal_nan"_a = false, "Whether shapes and all elements are equal.");
}

void bind_kinds(nb::module_& m, Type& type) {
  auto astype_call = [](const Array& a, DtypeObject dtype) { return astype(a, dtype.value); };
  def_op(m, "astype", astype_call, "a"_a, "dtype"_a, kw(), "The elements in another dtype.");
  def_method(type, "astype", astype_call, "dtype"_a, "The elements in another dtype.");
  def_op(
      m, "stop_gradient", [](const Array& a) { return stop_gradient(a); }, "a"_a, kw(),
      "The array, through which no derivative flows.");
  def_op(
      m, "contiguous", [](const Array& a, bool) { return contiguous(a); }, "a"_a,
      "allow_col_major"_a = false, kw(), "The array with its elements in row-major order.");
  def_op(
      m, "to_fp8", [](const Array& x) { return to_fp8(x); }, "x"_a, kw(),
      "The numbers as float8 (e4m3), in uint8.");
  def_op(
      m, "from_fp8", [](const Array& x, DtypeObject dtype) { return from_fp8(x, dtype.value); },
      "x"_a, "dtype"_a = DtypeObject{Dtype::bfloat16}, kw(),
      "The numbers of float8 (e4m3) in uint8.");
  def(
      m, "depends",
      [](nb::object inputs, nb::object dependencies) -> nb::object {
        auto listed = [](nb::handle given) {
          Array* one = array_of(given);
          return one ? std::vector<Array>{*one} : arrays_of(given, "depends");
        };
        std::vector<Array> out = depends(listed(inputs), listed(dependencies));
        return array_of(inputs) ? nb::cast(out[0]) : nb::cast(out);
      },
      "inputs"_a, "dependencies"_a,
      "The same arrays, which are computed after others have been computed.");
}

}  // namespace

void bind_manipulation(nb::module_& m, nb::class_<Array>& type) {
  bind_shapes(m, type);
  bind_atleast<&lazulite::atleast_1d>(m, "atleast_1d", "With at least 1 axis.");
  bind_atleast<&lazulite::atleast_2d>(m, "atleast_2d", "With at least 2 axes.");
  bind_atleast<&lazulite::atleast_3d>(m, "atleast_3d", "With at least 3 axes.");
  bind_orders(m, type);
  bind_broadcasts(m);
  bind_joins(m);
  bind_parts(m, type);
  bind_values(m, type);
  bind_kinds(m, type);
}

}  // namespace lazulite::python
