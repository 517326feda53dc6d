#include "operators.h"

#include <stdexcept>

#include "define.h"
#include "lazulite/core/errors.h"
#include "lazulite/ops/elementwise.h"
#include "lazulite/ops/linear.h"
#include "module.h"

namespace lazulite::python {
namespace {

[[noreturn]] void refuse(const char* what, nb::handle other) {
  if (other.is_none()) {
    throw nb::type_error(("None is no operand of " + std::string(what)).c_str());
  }
  throw ValueError("Cannot perform " + std::string(what) + " on an " + module_name() +
                   ".array and " + nb::cast<std::string>(nb::str(other.type().attr("__name__"))));
}

bool is_integral(Dtype dtype) { return dtype != Dtype::complex64 && !is_floating(dtype); }

/// An operator: the row that it applies, and what errors call it.
struct Operator {
  Row row;
  const char* what;

  bool of_bits() const {
    const TypeRule rule = info(row).rule;
    return rule == TypeRule::bitwise || rule == TypeRule::shift;
  }

  /// Whether a number, or what holds numbers, may stand on the left of an array's bits.
  bool takes_bits(nb::handle self, nb::handle other) const {
    const Array& own = *nb::inst_ptr<Array>(self);
    if (!is_operand(other) || !is_integral(own.dtype())) return false;
    const std::optional<Scalar> number = scalar_of(other);
    if (!number) return true;
    if (!is_integral(number->dtype())) return false;
    try {
      number->expect_held_by(number->dtype_beside(own.dtype()), what);
    } catch (const ValueError&) {
      return false;
    }
    return true;
  }

  Array apply(nb::handle self, nb::handle other, bool swapped) const {
    if (!is_operand(other)) refuse(what, other);
    OriginScope origin;
    const Array& own = *nb::inst_ptr<Array>(self);
    Array given = to_array(other, &own);
    // Integers may have no common integer dtype.
    if (is_integral(own.dtype()) && is_integral(given.dtype())) expect_bits(row, own, given);
    return swapped ? apply_row(row, {std::move(given), own})
                   : apply_row(row, {own, std::move(given)});
  }
};

void def_binary(nb::class_<Array>& type, const char* name, const char* reflected,
                const char* in_place, Operator op) {
  type.def(
      name, [op](nb::handle_t<Array> x, nb::handle y) { return op.apply(x, y, false); },
      "other"_a.none());
  if (reflected && op.of_bits()) {
    type.def(
        reflected,
        [op](nb::handle_t<Array> x, nb::handle y) -> nb::object {
          // Python says which types do not go together.
          if (!op.takes_bits(x, y)) return nb::borrow(Py_NotImplemented);
          return nb::cast(op.apply(x, y, true));
        },
        "other"_a.none());
  } else if (reflected) {
    type.def(
        reflected, [op](nb::handle_t<Array> x, nb::handle y) { return op.apply(x, y, true); },
        "other"_a.none());
  }
  if (in_place) {
    type.def(
        in_place,
        [op](nb::handle_t<Array> x, nb::handle y) {
          Array& own = *nb::inst_ptr<Array>(x);
          if (op.row == Row::divide && is_operand(y) && is_integral(own.dtype())) {
            throw ValueError("In-place division: an array of " + std::string(name_of(own.dtype())) +
                             " cannot hold the quotient");
          }
          own = op.apply(x, y, false);
          return nb::borrow(x);
        },
        "other"_a.none(), nb::rv_policy::none,
        nb::sig(("def " + std::string(in_place) + "(self, other: object) -> array").c_str()));
  }
}

// Objects that are no numbers are neither equal to an array nor an error.
void def_equality(nb::class_<Array>& type, const char* name, Operator op, bool otherwise) {
  type.def(
      name,
      [op, otherwise](nb::handle_t<Array> x, nb::handle y) -> nb::object {
        if (!is_operand(y)) return nb::bool_(otherwise);
        return nb::cast(op.apply(x, y, false));
      },
      "other"_a.none());
}

Array matrix_product(nb::handle x, nb::handle y, bool swapped) {
  if (!is_operand(y) || scalar_of(y)) {
    throw nb::type_error("matrix multiplication: the other operand is an array, not a number");
  }
  OriginScope origin;
  const Array& own = *nb::inst_ptr<Array>(x);
  Array other = to_array(y, &own);
  return swapped ? matmul(std::move(other), own) : matmul(own, std::move(other));
}

}  // namespace

void expect_bits(Row row, const Array& x, const Array& y) {
  TypeRule rule = info(row).rule;
  if (rule != TypeRule::bitwise && rule != TypeRule::shift) return;
  if (is_integral(result_type(x.dtype(), y.dtype()))) return;
  throw std::runtime_error(std::string(info(row).name) + ": integers or bools are expected, not " +
                           name_of(x.dtype()) + " and " + name_of(y.dtype()));
}

void bind_operators(nb::class_<Array>& type) {
  def_binary(type, "__add__", "__radd__", "__iadd__", {Row::add, "addition"});
  def_binary(type, "__sub__", "__rsub__", "__isub__", {Row::subtract, "subtraction"});
  def_binary(type, "__mul__", "__rmul__", "__imul__", {Row::multiply, "multiplication"});
  def_binary(type, "__truediv__", "__rtruediv__", "__itruediv__", {Row::divide, "division"});
  def_binary(type, "__div__", "__rdiv__", nullptr, {Row::divide, "division"});
  def_binary(type, "__floordiv__", "__rfloordiv__", "__ifloordiv__",
             {Row::floor_divide, "floor division"});
  def_binary(type, "__mod__", "__rmod__", "__imod__", {Row::remainder, "modulus"});
  def_binary(type, "__pow__", "__rpow__", "__ipow__", {Row::power, "a power operation"});
  def_binary(type, "__and__", "__rand__", "__iand__", {Row::bitwise_and, "bitwise and"});
  def_binary(type, "__or__", "__ror__", "__ior__", {Row::bitwise_or, "bitwise or"});
  def_binary(type, "__xor__", "__rxor__", "__ixor__", {Row::bitwise_xor, "bitwise xor"});
  def_binary(type, "__lshift__", "__rlshift__", "__ilshift__", {Row::left_shift, "a left shift"});
  def_binary(type, "__rshift__", "__rrshift__", "__irshift__", {Row::right_shift, "a right shift"});
  def_binary(type, "__lt__", nullptr, nullptr, {Row::less, "less than"});
  def_binary(type, "__le__", nullptr, nullptr, {Row::less_equal, "less than or equal"});
  def_binary(type, "__gt__", nullptr, nullptr, {Row::greater, "greater than"});
  def_binary(type, "__ge__", nullptr, nullptr, {Row::greater_equal, "greater than or equal"});
  def_equality(type, "__eq__", {Row::equal, "equal"}, false);
  def_equality(type, "__ne__", {Row::not_equal, "not equal"}, true);
  type.def("__matmul__",
           [](nb::handle_t<Array> x, nb::handle y) { return matrix_product(x, y, false); });
  type.def("__rmatmul__",
           [](nb::handle_t<Array> x, nb::handle y) { return matrix_product(x, y, true); });
  type.def(
      "__imatmul__",
      [](nb::handle_t<Array> x, nb::handle y) {
        *nb::inst_ptr<Array>(x) = matrix_product(x, y, false);
        return nb::borrow(x);
      },
      nb::rv_policy::none, nb::sig("def __imatmul__(self, other: object) -> array"));
  auto def_unary = [&](const char* name, Row row) {
    type.def(name, [row](const Array& x) {
      OriginScope origin;
      return apply_row(row, {x});
    });
  };
  def_unary("__neg__", Row::negative);
  def_unary("__pos__", Row::positive);
  def_unary("__abs__", Row::abs);
  def_unary("__invert__", Row::bitwise_invert);
}

}  // namespace lazulite::python
