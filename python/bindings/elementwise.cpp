#include "lazulite/ops/elementwise.h"

#include "define.h"
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
    m.def(name, on_stream([row](Operand a) { return apply_row(row, {to_array(a.object)}); }), "a"_a,
          nb::kw_only(), "stream"_a = nb::none(), doc.c_str());
  }
};

template <>
struct Definition<2> {
  static void define(nb::module_& m, const char* name, Row row, const std::string& doc) {
    m.def(name, on_stream([row](Operand a, Operand b) {
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
    m.def(name, on_stream([row](Operand condition, Operand x, Operand y) {
            Array first = to_array(condition.object);
            auto [a, b] = to_arrays(x.object, y.object);
            return apply_row(row, {std::move(first), std::move(a), std::move(b)});
          }),
          "condition"_a, "x"_a, "y"_a, nb::kw_only(), "stream"_a = nb::none(), doc.c_str());
  }
};

std::string documented(const char* what, int arity) {
  std::string text = what;
  text += "\n\nArgs:\n";
  if (arity == 1) text += "    a: the array x, or a number.\n";
  if (arity == 2) text += "    a, b: the arrays x and y, or numbers; their shapes are broadcast.\n";
  if (arity == 3) text += "    condition, x, y: arrays or numbers; their shapes are broadcast.\n";
  text += "    stream: where it runs; the default stream if None.\n";
  return text;
}

Row row_named(std::string_view name) {
  for (size_t i = 0; i < row_count; ++i) {
    if (name == info(static_cast<Row>(i)).name) return static_cast<Row>(i);
  }
  throw nb::value_error("there is no such row");
}

// Rows that MLX's arrays have as methods.
constexpr const char* methods[] = {"abs",  "conj",       "cos",   "exp", "log",  "log10", "log1p",
                                   "log2", "reciprocal", "rsqrt", "sin", "sqrt", "square"};

}  // namespace

void bind_elementwise(nb::module_& m, nb::class_<Array>& type) {
#define ELEMENTWISE(name, arity, types, accuracy, real, integer, complex, derivatives, special, \
                    documentation)                                                              \
  Definition<arity>::define(m, #name, Row::name, documented(documentation, arity));
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
