#include "lazulite/ops/elementwise.h"

#include <fmt/format.h>

#include <cmath>

#include "define.h"
#include "lazulite/ops/rows.h"
#include "module.h"
#include "operators.h"

// Every row of the table as a function: a new row appears here by itself.
namespace lazulite::python {
namespace {

template <int arity>
struct Definition;

template <>
struct Definition<1> {
  static void define(nb::module_& m, const char* name, Row row, const std::string& doc) {
    m.def(name, on_stream(name, [row](Operand a) { return apply_row(row, {to_array(a.object)}); }),
          "a"_a, nb::kw_only(), "stream"_a = nb::none(), doc.c_str());
  }
};

template <>
struct Definition<2> {
  static void define(nb::module_& m, const char* name, Row row, const std::string& doc) {
    m.def(name,
          on_stream(name,
                    [row](Operand a, Operand b) {
                      auto [x, y] = to_arrays(a.object, b.object);
                      expect_bits(row, x, y);
                      return apply_row(row, {std::move(x), std::move(y)});
                    }),
          "a"_a, "b"_a, "stream"_a = nb::none(), doc.c_str());
  }
};

template <>
struct Definition<3> {
  static void define(nb::module_& m, const char* name, Row row, const std::string& doc) {
    m.def(name,
          on_stream(name,
                    [row](Operand condition, Operand x, Operand y) {
                      Array first = to_array(condition.object);
                      auto [a, b] = to_arrays(x.object, y.object);
                      return apply_row(row, {std::move(first), std::move(a), std::move(b)});
                    }),
          "condition"_a, "x"_a, "y"_a, nb::kw_only(), "stream"_a = nb::none(), doc.c_str());
  }
};

Row row_named(std::string_view name) {
  for (size_t i = 0; i < row_count; ++i) {
    if (name == info(static_cast<Row>(i)).name) return static_cast<Row>(i);
  }
  throw nb::value_error("there is no such row");
}

// A number as Python writes it, and as arrays print it; empty where that is no short text.
std::string written(double value, bool is_integer) {
  if (std::isinf(value)) return value < 0 ? "-lz.inf" : "lz.inf";
  bool short_text = std::abs(value) < 1000 && value * 1000 == std::round(value * 1000);
  if (!short_text || (value == 0 && std::signbit(value))) return "";
  return fmt::format("{:g}{}", value, is_integer || value != std::round(value) ? "" : ".0");
}
std::string printed(double value, Dtype dtype) {
  if (dtype == Dtype::bool_) return value != 0 ? "True" : "False";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  std::string text = written(value, true);
  return dtype == Dtype::complex64 && !text.empty() ? text + "+0j" : text;
}

// One of the row's special values, which are exact, as a call and what it prints.
std::string example_of(const RowInfo& row) {
  bool is_integer = !*row.floating;
  Dtype given = is_integer ? Dtype::int32 : Dtype::float32;
  size_t arity = static_cast<size_t>(row.arity);
  std::vector<Dtype> inputs(row.rule == TypeRule::select ? 2 : arity, given);
  Dtype output = row_types(row_named(row.name), inputs).output;
  for (size_t at = 0; at + arity < row.special_values.size(); at += arity + 1) {
    std::string arguments, result = printed(row.special_values[at + arity], output);
    bool complete = !result.empty();
    for (size_t i = 0; i < arity; ++i) {
      double value = row.special_values[at + i];
      bool is_condition = row.rule == TypeRule::select && i == 0;
      std::string text = is_condition ? printed(value, Dtype::bool_) : written(value, is_integer);
      complete = complete && !text.empty();
      arguments += (i ? ", " : "") + text;
    }
    if (!complete) continue;
    return fmt::format("\nExample:\n    >>> lz.{}({})\n    array({}, dtype={})\n", row.name,
                       arguments, result, name_of(output));
  }
  return "";
}

std::string documented(const RowInfo& row) {
  std::string text = row.documentation;
  text += "\n\nArgs:\n";
  if (row.arity == 1) text += "    a: the array x, or a number.\n";
  if (row.arity == 2) {
    text += "    a, b: the arrays x and y, or numbers; their shapes are broadcast.\n";
  }
  if (row.arity == 3) {
    text += "    condition, x, y: arrays or numbers; their shapes are broadcast.\n";
  }
  text += "    stream: where it runs; the default stream if None.\n";
  return text + example_of(row);
}

// Rows that MLX's arrays have as methods.
constexpr const char* methods[] = {"abs",  "conj",       "cos",   "exp", "log",  "log10", "log1p",
                                   "log2", "reciprocal", "rsqrt", "sin", "sqrt", "square"};

}  // namespace

void bind_elementwise(nb::module_& m, nb::class_<Array>& type) {
#define ELEMENTWISE(name, arity, types, accuracy, real, integer, complex, derivatives, special, \
                    documentation)                                                              \
  Definition<arity>::define(m, #name, Row::name, documented(info(Row::name)));
#define ALIAS(alias, name) m.attr(#alias) = m.attr(#name);
#include "lazulite/ops/elementwise.def"
#undef ALIAS
#undef ELEMENTWISE
  for (const char* name : methods) {
    Row row = row_named(std::string_view(name) == "conj" ? "conjugate" : name);
    def_method(
        type, name, [row](const Array& a) { return apply_row(row, {a}); }, kw(),
        "The operation of this name in the module, of the array.");
  }
}

}  // namespace lazulite::python
