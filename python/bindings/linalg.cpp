#include "lazulite/ops/linalg.h"

#include <cmath>

#include "define.h"
#include "lazulite/core/errors.h"
#include "lazulite/ops/elementwise.h"
#include "lazulite/ops/linear.h"
#include "lazulite/ops/manipulation.h"
#include "module.h"

namespace lazulite::python {
namespace {

NormOrder order_of(nb::handle given) {
  NormOrder order;
  if (given.is_none()) return order;
  if (nb::isinstance<nb::str>(given)) {
    auto name = nb::cast<std::string>(given);
    order.frobenius = name == "fro" || name == "f";
    order.nuclear = name == "nuc";
    if (!order.frobenius && !order.nuclear) {
      throw ValueError("linalg.norm: the norms with names are 'fro' and 'nuc', not '" + name + "'");
    }
    return order;
  }
  // NumPy's numbers are taken, too.
  const double p = PyFloat_AsDouble(given.ptr());
  if (PyErr_Occurred()) {
    PyErr_Clear();
    throw nb::type_error("norm: the order is a number, 'fro' or 'nuc'");
  }
  order.p = p;
  return order;
}

bool is_upper(const std::string& name) {
  if (name != "L" && name != "U") {
    throw ValueError("linalg.eigh: UPLO is 'L' or 'U', not '" + name + "'");
  }
  return name == "U";
}

void bind_decompositions(nb::module_& m) {
  def_op(
      m, "cholesky", [](const Array& a, bool upper) { return cholesky(a, upper); }, "a"_a,
      "upper"_a = false, kw(),
      "The triangle L with a = L @ L.T, or U with a = U.T @ U, of a positive definite matrix.");
  def_op(
      m, "qr",
      [](const Array& a) {
        Qr out = qr(a);
        return std::pair(out.q, out.r);
      },
      "a"_a, kw(), "(Q, R): a = Q @ R with orthogonal columns and an upper triangle.");
  def_op(
      m, "svd",
      [](const Array& a, bool compute_uv) -> nb::object {
        if (!compute_uv) return nb::cast(singular_values(a));
        Svd out = svd(a);
        return nb::make_tuple(out.u, out.s, out.vt);
      },
      "a"_a, "compute_uv"_a = true, kw(),
      "(U, S, Vt): the singular values S, descending, and the square matrices of singular vectors; "
      "S alone where compute_uv is False.");
  def_op(
      m, "lu",
      [](const Array& a) {
        Lu out = lu(a);
        return std::tuple(out.rows, out.l, out.u);
      },
      "a"_a, kw(), "(P, L, U): a = L[P] @ U, with triangles L and U and the rows P.");
  def_op(
      m, "lu_factor",
      [](const Array& a) {
        LuFactors out = lu_factor(a);
        return std::pair(out.lu, out.pivots);
      },
      "a"_a, kw(), "(LU, pivots): both triangles in one matrix, and the rows' exchanges in order.");
}

void bind_eigenvalues(nb::module_& m) {
  def_op(
      m, "eigh",
      [](const Array& a, const std::string& uplo) {
        Eigen out = eigh(a, is_upper(uplo));
        return std::pair(out.values, out.vectors);
      },
      "a"_a, "UPLO"_a = "L", kw(),
      "The eigenvalues, ascending, and eigenvectors, as columns, of a symmetric matrix, of which "
      "the lower ('L') or upper ('U') triangle is read.");
  def_op(
      m, "eigvalsh",
      [](const Array& a, const std::string& uplo) { return eigvalsh(a, is_upper(uplo)); }, "a"_a,
      "UPLO"_a = "L", kw(), "The eigenvalues of a symmetric matrix, ascending.");
  def_op(
      m, "eig",
      [](const Array& a) {
        Eigen out = eig(a);
        return std::pair(out.values, out.vectors);
      },
      "a"_a, kw(), "The eigenvalues and eigenvectors (columns) of a matrix, complex.");
  def_op(
      m, "eigvals", [](const Array& a) { return eigvals(a); }, "a"_a, kw(),
      "The eigenvalues of a matrix, complex.");
}

void bind_equations(nb::module_& m) {
  def_op(
      m, "solve", [](const Array& a, const Array& b) { return solve(a, b); }, "a"_a, "b"_a, kw(),
      "x of a @ x = b.");
  def_op(
      m, "solve_triangular",
      [](const Array& a, const Array& b, bool upper) { return solve_triangular(a, b, upper); },
      "a"_a, "b"_a, kw(), "upper"_a = false, "x of a @ x = b, where a is a triangle.");
  def_op(
      m, "inv", [](const Array& a) { return inv(a); }, "a"_a, kw(), "The inverse of a matrix.");
  def_op(
      m, "tri_inv", [](const Array& a, bool upper) { return tri_inv(a, upper); }, "a"_a,
      "upper"_a = false, kw(), "The inverse of a triangle.");
  def_op(
      m, "cholesky_inv", [](const Array& a, bool upper) { return cholesky_inv(a, upper); }, "a"_a,
      "upper"_a = false, kw(), "The inverse of L @ L.T, or of U.T @ U, given the triangle.");
  def_op(
      m, "pinv", [](const Array& a) { return pinv(a); }, "a"_a, kw(),
      "The pseudo-inverse of a matrix, by its singular values.");
  def_op(
      m, "det", [](const Array& a) { return det(a); }, "a"_a, kw(), "The determinant of a matrix.");
  def_op(
      m, "slogdet",
      [](const Array& a) {
        SignAndLog out = slogdet(a);
        return std::pair(out.sign, out.log);
      },
      "a"_a, kw(), "The sign of the determinant, and the logarithm of its size.");
}

}  // namespace

void bind_linalg(nb::module_& parent) {
  nb::module_ m = parent.def_submodule("linalg", "Linear algebra.");
  auto norm_call = [](const Array& a, nb::object ord, AxesArgument axis, bool keepdims) {
    if (!axis.all && axis.axes.empty()) {
      if (!ord.is_none()) throw ValueError("norm: no axis is given for a norm with an order");
      return abs(is_inexact(a.dtype()) ? a : astype(a, Dtype::float32));  // of each element
    }
    return norm(a, order_of(ord), axis.axes, keepdims);
  };
  def_op(
      m, "norm", norm_call, "a"_a, "ord"_a = nb::none(), "axis"_a = nb::none(),
      "keepdims"_a = false, kw(),
      "The norm of vectors (over one axis), of matrices (over two), or of the flattened array.\n\n"
      "Args:\n    ord: a number p, inf or -inf, 0 for the count of what is not zero; of matrices "
      "1, -1, 2, -2, inf, -inf, 'fro' or 'nuc'; None for the root of the sum of squares.\n");
  parent.attr("matrix_norm") = m.attr("norm");
  def_op(
      m, "cross", [](const Array& a, const Array& b, int axis) { return cross(a, b, axis); }, "a"_a,
      "b"_a, "axis"_a = -1, kw(), "The cross product of vectors of 2 or 3 elements along an axis.");
  bind_decompositions(m);
  bind_eigenvalues(m);
  bind_equations(m);
}

}  // namespace lazulite::python
