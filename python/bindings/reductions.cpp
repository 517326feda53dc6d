#include "reductions.h"

#include "lazulite/ops/creation.h"
#include "lazulite/ops/elementwise.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/reduction.h"
#include "lazulite/ops/scan.h"
#include "module.h"

namespace lazulite::python {
namespace {

using Reduction = Array (*)(Array, const Axes&, bool);

struct NamedReduction {
  const char* name;
  Reduction reduce;
  bool is_method;
  const char* documentation;
};

const NamedReduction reductions[] = {
    {"sum", &lazulite::sum, true,
     "The sum over axes; of bools and narrow integers in int32 or uint32.\n\nExample:\n"
     "    >>> sum(array([[1, 2], [3, 4]]), axis=0)\n    array([4, 6], dtype=int32)\n"},
    {"prod", &lazulite::prod, true, "The product over axes; of narrow integers in int32."},
    {"max", &lazulite::max, true, "The largest element over axes; NaN if there is one."},
    {"min", &lazulite::min, true, "The smallest element over axes; NaN if there is one."},
    {"all", &lazulite::all, true, "Whether all elements over axes are true (bool)."},
    {"any", &lazulite::any, true, "Whether any element over axes is true (bool)."},
    {"mean", &lazulite::mean, true, "The mean over axes; of integers in float32."},
    {"logsumexp", &lazulite::logsumexp, true,
     "log(sum(exp(a))) over axes, without overflow on the way."},
};

const char* const arguments_text =
    "\n\nArgs:\n    axis: an axis, several, or all of them if None.\n"
    "    keepdims: whether the axes stay, with size 1.\n";

void bind_reduction(nb::module_& m, nb::class_<Array>& type, const NamedReduction& r) {
  auto call = [reduce = r.reduce](const Array& a, AxesArgument axis, bool keepdims) {
    // Over no axes, MLX's sums and products are the array itself, in its own dtype.
    bool over_none = axis.all ? a.ndim() == 0 : axis.axes.empty();
    if (over_none && (reduce == &lazulite::sum || reduce == &lazulite::prod)) return a;
    return over_axes(a, axis, keepdims, reduce);
  };
  std::string text = std::string(r.documentation) + arguments_text;
  def_op(m, r.name, call, "a"_a, "axis"_a = nb::none(), "keepdims"_a = false, kw(), text.c_str());
  def_method(type, r.name, call, "axis"_a = nb::none(), "keepdims"_a = false, kw(), text.c_str());
}

// `correction` is another name of ddof, and may be given as a method's argument alone.
template <Array (*spread)(Array, const Axes&, bool, int)>
void bind_spread(nb::module_& m, nb::class_<Array>& type, const char* name, const char* doc) {
  auto call = [](const Array& a, AxesArgument axis, bool keepdims, int ddof,
                 std::optional<int> correction) {
    if (correction) {
      if (ddof) throw ValueError("var: ddof and correction are two names of one argument");
      ddof = *correction;
    }
    return over_axes(a, axis, keepdims, [&](const Array& x, const Axes& axes, bool keep) {
      return spread(x, axes, keep, ddof);
    });
  };
  def_op(m, name, call, "a"_a, "axis"_a = nb::none(), "keepdims"_a = false, "ddof"_a = 0, kw(),
         "correction"_a = nb::none(), doc);
  def_method(type, name, call, "axis"_a = nb::none(), "keepdims"_a = false, "ddof"_a = 0, kw(),
             "correction"_a = nb::none(), doc);
}

template <class F>
void bind_position(nb::module_& m, nb::class_<Array>& type, const char* name, F call,
                   const char* doc) {
  def_op(m, name, call, "a"_a, "axis"_a = nb::none(), "keepdims"_a = false, kw(), doc);
  def_method(type, name, call, "axis"_a = nb::none(), "keepdims"_a = false, kw(), doc);
}

// Over all axes, as over one axis of all elements.
template <Array (*along)(Array, int, bool)>
Array position(const Array& a, std::optional<int> axis, bool keepdims) {
  if (axis) return along(a, *axis, keepdims);
  Array flat = along(flatten(a), 0, false);
  return keepdims ? reshape(flat, Shape(a.ndim(), 1)) : flat;
}

Array numbered(Array x, const std::optional<DtypeObject>& dtype) {
  return dtype ? astype(std::move(x), dtype->value) : x;
}

const char* const ends_text =
    "along an axis (of the flattened array if None).\n\n"
    "Args:\n    reverse: from the end.\n    inclusive: with the element itself.\n";

using CumulativeFunction = Array (*)(Array, std::optional<int>, bool, bool);

// Sums and products may be converted first, but not as methods.
template <CumulativeFunction fold>
void bind_converted(nb::module_& m, const char* name, const std::string& text) {
  auto call = [](const Array& a, std::optional<int> axis, bool reverse, bool inclusive,
                 std::optional<DtypeObject> dtype) {
    return fold(numbered(a, dtype), axis, reverse, inclusive);
  };
  def_op(m, name, call, "a"_a, "axis"_a = nb::none(), kw(), "reverse"_a = false,
         "inclusive"_a = true, "dtype"_a = nb::none(), text.c_str());
}

template <CumulativeFunction fold>
void bind_fold(nb::module_& m, nb::class_<Array>& type, const char* name, const char* what,
               bool converts) {
  const std::string text = std::string(what) + ends_text;
  auto call = [](const Array& a, std::optional<int> axis, bool reverse, bool inclusive) {
    return fold(a, axis, reverse, inclusive);
  };
  if (converts) {
    bind_converted<fold>(m, name, text);
  } else {
    def_op(m, name, call, "a"_a, "axis"_a = nb::none(), kw(), "reverse"_a = false,
           "inclusive"_a = true, text.c_str());
  }
  def_method(type, name, call, "axis"_a = nb::none(), kw(), "reverse"_a = false,
             "inclusive"_a = true, text.c_str());
}

void bind_cumulative(nb::module_& m, nb::class_<Array>& type) {
  bind_fold<&lazulite::cumsum>(m, type, "cumsum", "The sums of the elements up to each one ", true);
  bind_fold<&lazulite::cumprod>(m, type, "cumprod", "The products of the elements up to each one ",
                                true);
  bind_fold<&lazulite::cummax>(m, type, "cummax", "The largest element up to each one ", false);
  bind_fold<&lazulite::cummin>(m, type, "cummin", "The smallest element up to each one ", false);
  bind_fold<&lazulite::logcumsumexp>(m, type, "logcumsumexp",
                                     "log(cumsum(exp(a))) without overflow ", false);
  m.attr("cumulative_sum") = m.attr("cumsum");
  m.attr("cumulative_prod") = m.attr("cumprod");
}

}  // namespace

void bind_reductions(nb::module_& m, nb::class_<Array>& type) {
  for (const NamedReduction& reduction : reductions) bind_reduction(m, type, reduction);
  bind_spread<&lazulite::var>(m, type, "var",
                              "The variance over axes, divided by the count less ddof.");
  bind_spread<&lazulite::std>(m, type, "std", "The square root of the variance over axes.");
  bind_position(m, type, "argmax", &position<&lazulite::argmax>,
                "Where the largest element lies (uint32): the first of equals, and of all "
                "elements in row-major order if axis is None.");
  bind_position(m, type, "argmin", &position<&lazulite::argmin>,
                "Where the smallest element lies (uint32): the first of equals.");
  def_op(
      m, "count_nonzero",
      [](const Array& a, AxesArgument axis, bool keepdims) {
        return over_axes(a, axis, keepdims, &lazulite::count_nonzero);
      },
      "a"_a, "axis"_a = nb::none(), kw(), "keepdims"_a = false,
      "How many elements over axes are not zero.");
  auto softmax = [](const Array& a, AxesArgument axis, bool precise) {
    Array x = precise && is_half(a.dtype()) ? astype(a, Dtype::float32) : a;
    if (!axis.all && axis.axes.empty()) {
      Array each = is_inexact(x.dtype()) ? x : astype(x, Dtype::float32);
      return astype(exp(each - each), is_inexact(a.dtype()) ? a.dtype() : Dtype::float32);
    }
    return astype(lazulite::softmax(x, axis.axes),
                  is_inexact(a.dtype()) ? a.dtype() : Dtype::float32);
  };
  def_op(m, "softmax", softmax, "a"_a, "axis"_a = nb::none(), kw(), "precise"_a = false,
         "exp(a) / sum(exp(a)) over axes. With `precise`, halves are computed in float32.");
  def_op(
      m, "minmax",
      [](const Array& a, AxesArgument axis, bool keepdims) {
        return std::pair(over_axes(a, axis, keepdims, &lazulite::min),
                         over_axes(a, axis, keepdims, &lazulite::max));
      },
      "a"_a, "axis"_a = nb::none(), "keepdims"_a = false, kw(),
      "The smallest and the largest element over axes.");
  bind_cumulative(m, type);
}

}  // namespace lazulite::python
