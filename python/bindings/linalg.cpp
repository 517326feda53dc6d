#include <cmath>

#include "define.h"
#include "lazulite/core/errors.h"
#include "lazulite/ops/linear.h"
#include "module.h"

namespace lazulite::python {
namespace {

NormOrder order_of(nb::handle given) {
  NormOrder order;
  if (given.is_none()) return order;
  if (nb::isinstance<nb::str>(given)) {
    auto name = nb::cast<std::string>(given);
    if (name != "fro" && name != "f") {
      throw ValueError("[linalg.norm] there is no norm '" + name + "' here; there is 'fro'");
    }
    order.frobenius = true;
    return order;
  }
  auto scalar = scalar_of(given);
  if (!scalar) throw nb::type_error("norm: the order is a number or 'fro'");
  order.p = scalar->as<double>();
  return order;
}

}  // namespace

void bind_linalg(nb::module_& parent) {
  nb::module_ m = parent.def_submodule("linalg", "Linear algebra.");
  auto norm_call = [](const Array& a, nb::object ord, AxesArgument axis, bool keepdims) {
    return norm(a, order_of(ord), axis.axes, keepdims);
  };
  def_op(
      m, "norm", norm_call, "a"_a, "ord"_a = nb::none(), "axis"_a = nb::none(),
      "keepdims"_a = false, kw(),
      "The norm of vectors (over one axis), of matrices (over two), or of the flattened array.\n\n"
      "Args:\n    ord: a number p, inf or -inf, 0 for the count of what is not zero; of matrices "
      "1, -1, inf, -inf or 'fro'; None for the root of the sum of squares.\n");
  parent.attr("matrix_norm") = m.attr("norm");
  def_op(
      m, "cross", [](const Array& a, const Array& b, int axis) { return cross(a, b, axis); }, "a"_a,
      "b"_a, "axis"_a = -1, kw(), "The cross product of vectors of 2 or 3 elements along an axis.");
}

}  // namespace lazulite::python
