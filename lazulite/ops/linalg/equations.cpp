#include <fmt/format.h>

#include <limits>
#include <string_view>

#include "lazulite/core/errors.h"
#include "lazulite/core/no_result.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/elementwise.h"
#include "lazulite/ops/linalg.h"
#include "lazulite/ops/linalg/host.h"
#include "lazulite/ops/linear.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/primitives/named_operation.h"
#include "lazulite/ops/reduction.h"

namespace lazulite {
namespace {

using Numbers = dense::Matrix<double>;

Array transposed(const Array& x) { return swapaxes(x, -1, -2); }

// Matrices of `a` and `b` that have the same leading axes. A name is that of the operation that is
// known to the user.
Array solved(const char* name, const Array& a, const Array& b);
Array solved_triangular(const Array& a, const Array& b, bool upper);

void run_solve(const char* name, HostArrays x, HostArrays y) {
  const dense::Lapack& library = dense::lapack();
  for_each_matrix(x[0].shape, [&](int64_t i) {
    Numbers a = matrix_of<double>(x[0], i), b = matrix_of<double>(x[1], i);
    const std::vector<int> exchanged = library.lu(a);
    for (int64_t k = 0; k < a.rows; ++k) {
      if (a(k, k) == 0) throw NoResultError(fmt::format("{}: a matrix is singular", name));
    }
    library.exchange(b, exchanged);
    library.substitute(a, b, false, true);
    library.substitute(a, b, true, false);
    put_matrix(y[0], i, b);
  });
}

ArrayTypes infer_second(InputTypes x) {
  expect_matrices("solve", x, 2, true);
  if (x[1].shape.end()[-2] != x[0].shape.back()) {
    throw Error(fmt::format("linalg.solve: {} rows for a matrix of {}", x[1].shape.end()[-2],
                            x[0].shape.back()));
  }
  return {{x[1].shape, x[1].dtype}};
}

// Inputs that are not mapped, repeated.
Arrays all_mapped(const Arrays& x, const std::vector<bool>& mapped) {
  Arrays out = x;
  const int64_t count = mapped[0] ? x[0].shape(0) : x[1].shape(0);
  for (size_t i = 0; i < x.size(); ++i) {
    if (mapped[i]) continue;
    Shape shape{count};
    for (int64_t size : x[i].shape()) shape.push_back(size);
    out[i] = broadcast_to(x[i], shape);
  }
  return out;
}

Operation make_solve(const char* name) {
  CustomOperation out{.name = name, .infer = infer_second, .run = {}};
  out.run = [name](HostArrays x, HostArrays y) { run_solve(name, x, y); };
  out.vjp = [name](const Arrays& x, const Arrays& y, const Arrays& g) -> Arrays {
    Array b = solved(name, transposed(x[0]), g[0]);
    return {-matmul(b, transposed(y[0])), b};
  };
  out.jvp = [name](const Arrays& x, const Arrays& y, const Arrays& t) -> Arrays {
    return {solved(name, x[0], t[1] - matmul(t[0], y[0]))};
  };
  out.vmap = [name](const Arrays& x, const std::vector<bool>& mapped) -> Arrays {
    Arrays all = all_mapped(x, mapped);
    return {solved(name, all[0], all[1])};
  };
  return std::make_shared<const CustomOperation>(out);
}

const Operation& solve_operation() {
  static const Operation& operation = kept(make_solve("solve"));
  return operation;
}

const Operation& inv_operation() {
  static const Operation& operation = kept(make_solve("inv"));
  return operation;
}

Operation make_triangular(bool upper) {
  CustomOperation out{.name = "solve_triangular", .infer = infer_second, .run = {}};
  out.run = [upper](HostArrays x, HostArrays y) {
    const dense::Lapack& library = dense::lapack();
    for_each_matrix(x[0].shape, [&](int64_t i) {
      Numbers b = matrix_of<double>(x[1], i);
      library.substitute(matrix_of<double>(x[0], i), b, upper, false);
      put_matrix(y[0], i, b);
    });
  };
  auto triangle = [upper](const Array& x) { return upper ? triu(x) : tril(x); };
  out.vjp = [upper, triangle](const Arrays& x, const Arrays& y, const Arrays& g) -> Arrays {
    Array b = solved_triangular(transposed(x[0]), g[0], !upper);
    return {triangle(-matmul(b, transposed(y[0]))), b};
  };
  out.jvp = [upper, triangle](const Arrays& x, const Arrays& y, const Arrays& t) -> Arrays {
    return {solved_triangular(x[0], t[1] - matmul(triangle(t[0]), y[0]), upper)};
  };
  out.vmap = [upper](const Arrays& x, const std::vector<bool>& mapped) -> Arrays {
    Arrays all = all_mapped(x, mapped);
    return {solved_triangular(all[0], all[1], upper)};
  };
  return std::make_shared<const CustomOperation>(out);
}

const Operation& triangular_operation(bool upper) {
  static const Operation &of_lower = kept(make_triangular(false)),
                         &of_upper = kept(make_triangular(true));
  return upper ? of_upper : of_lower;
}

const NamedOperation named_equations[] = {
    {"solve", solve_operation},
    {"inv", inv_operation},
    {"solve_lower", []() -> const Operation& { return triangular_operation(false); }},
    {"solve_upper", []() -> const Operation& { return triangular_operation(true); }}};

Array solved(const char* name, const Array& a, const Array& b) {
  const bool inverts = std::string_view(name) == "inv";
  return apply_operation(inverts ? inv_operation() : solve_operation(), {a, b})[0];
}

Array solved_triangular(const Array& a, const Array& b, bool upper) {
  return apply_operation(triangular_operation(upper), {a, b})[0];
}

// The lower triangle with half of the diagonal.
Array half_lower(const Array& x) { return tril(x) - x * eye(x.shape(-1), x.dtype()) * 0.5; }

Array lower_cholesky(const Array& a);

const Operation& cholesky_operation() {
  static const Operation& operation = kept([] {
    CustomOperation out{.name = "cholesky", .infer = {}, .run = {}};
    out.infer = [](InputTypes x) -> ArrayTypes {
      expect_matrices("cholesky", x, 1, true);
      return {{x[0].shape, x[0].dtype}};
    };
    out.run = [](HostArrays x, HostArrays y) {
      const dense::Lapack& library = dense::lapack();
      for_each_matrix(x[0].shape, [&](int64_t i) {
        Numbers a = matrix_of<double>(x[0], i);
        if (!library.cholesky(a)) {
          throw NoResultError("cholesky: a matrix is not positive definite");
        }
        put_matrix(y[0], i, a);
      });
    };
    out.vjp = [](const Arrays&, const Arrays& y, const Arrays& g) -> Arrays {
      Array upper = transposed(y[0]);
      Array inner = half_lower(matmul(upper, g[0]));
      Array half = solved_triangular(upper, inner, true);
      Array whole = transposed(solved_triangular(upper, transposed(half), true));
      return {(whole + transposed(whole)) * 0.5};
    };
    out.jvp = [](const Arrays&, const Arrays& y, const Arrays& t) -> Arrays {
      Array half = transposed(solved_triangular(y[0], t[0], false));
      return {matmul(y[0], half_lower(transposed(solved_triangular(y[0], half, false))))};
    };
    out.vmap = [](const Arrays& x, const std::vector<bool>&) -> Arrays {
      return {lower_cholesky(x[0])};
    };
    return std::make_shared<const CustomOperation>(out);
  }());
  return operation;
}

const NamedOperation named_cholesky("cholesky", cholesky_operation);

Array lower_cholesky(const Array& a) { return apply_operation(cholesky_operation(), {a})[0]; }

// The sign of the determinant, the logarithm of its size, and the determinant.
Arrays determinants(const Array& a);

const Operation& determinant_operation() {
  static const Operation& operation = kept([] {
    CustomOperation out{.name = "det", .infer = {}, .run = {}};
    out.infer = [](InputTypes x) -> ArrayTypes {
      expect_matrices("det", x, 1, true);
      Shape shape = with_last(x[0].shape, 2, {});
      return {{shape, x[0].dtype}, {shape, x[0].dtype}, {shape, x[0].dtype}};
    };
    out.run = [](HostArrays x, HostArrays y) {
      const dense::Lapack& library = dense::lapack();
      for_each_matrix(x[0].shape, [&](int64_t i) {
        Numbers a = matrix_of<double>(x[0], i);
        const std::vector<int> exchanged = library.lu(a);
        double sign = 1, log = 0, whole = 1;
        for (int64_t k = 0; k < a.rows; ++k) {
          const double pivot = exchanged[k] == k ? a(k, k) : -a(k, k);
          sign = pivot == 0 ? 0 : pivot < 0 ? -sign : sign;
          log += std::log(std::abs(pivot));
          whole *= pivot;
        }
        if (sign == 0) log = -std::numeric_limits<double>::infinity();
        put_list(y[0], i, std::vector{sign});
        put_list(y[1], i, std::vector{log});
        put_list(y[2], i, std::vector{whole});
      });
    };
    out.vjp = [](const Arrays& x, const Arrays& y, const Arrays& g) -> Arrays {
      return {transposed(inv(x[0])) * expand_dims(g[1] + g[2] * y[2], {-1, -2})};
    };
    out.jvp = [](const Arrays& x, const Arrays& y, const Arrays& t) -> Arrays {
      Array trace = sum(transposed(inv(x[0])) * t[0], {-1, -2});
      return {zeros_like(y[0]), trace, y[2] * trace};
    };
    out.vmap = [](const Arrays& x, const std::vector<bool>&) { return determinants(x[0]); };
    return std::make_shared<const CustomOperation>(out);
  }());
  return operation;
}

const NamedOperation named_determinant("det", determinant_operation);

Arrays determinants(const Array& a) { return apply_operation(determinant_operation(), {a}); }

// What a determinant is computed of.
Array for_determinant(const char* operation, const Array& a) {
  if (kind_of(a.dtype()) == DtypeKind::complex) expect_matrix(operation, a, true);
  Array numbers = is_floating(a.dtype()) && !is_half(a.dtype()) ? a : astype(a, Dtype::float32);
  expect_matrix(operation, numbers, true);
  return numbers;
}

// The arguments with leading axes broadcast, `b` as matrices.
std::pair<Array, Array> equations(const char* operation, const Array& a, const Array& b) {
  expect_matrix(operation, a, true);
  Array sides = b.ndim() == 1 ? expand_dims(b, {-1}) : b;
  const Dtype dtype = result_type(a.dtype(), sides.dtype());
  // Integers and halves beside such a matrix are taken as its numbers.
  if (sides.dtype() != Dtype::complex64) sides = astype(sides, dtype);
  expect_matrix(operation, sides, false);
  if (sides.shape(-2) != a.shape(-1)) {
    throw ValueError(
        fmt::format("linalg.{}: matrices of shape {} need as many rows beside them, "
                    "not {}",
                    operation, to_string(a.shape()), to_string(b.shape())));
  }
  Shape leading =
      broadcast_shapes(with_last(a.shape(), 2, {}), with_last(sides.shape(), 2, {}), operation);
  return {
      broadcast_to(astype(a, dtype), with_last(leading, 0, {a.shape(-2), a.shape(-1)})),
      broadcast_to(astype(sides, dtype), with_last(leading, 0, {a.shape(-1), sides.shape(-1)}))};
}

Array as_given(const Array& x, const Array& b) { return b.ndim() == 1 ? squeeze(x, {-1}) : x; }

Array identities(const Array& a) { return broadcast_to(eye(a.shape(-1), a.dtype()), a.shape()); }

}  // namespace

Array cholesky(Array a, bool upper) {
  const ReleaseOnReturn release(a);
  expect_matrix("cholesky", a, true);
  Array lower = lower_cholesky(a);
  return upper ? transposed(lower) : lower;
}

Array cholesky_inv(Array a, bool upper) {
  const ReleaseOnReturn release(a);
  expect_matrix("cholesky_inv", a, true);
  Array inverse = tri_inv(a, upper);
  return upper ? matmul(inverse, transposed(inverse)) : matmul(transposed(inverse), inverse);
}

Array solve(Array a, Array b) {
  const ReleaseOnReturn release(a, b);
  auto [left, right] = equations("solve", a, b);
  return as_given(solved("solve", left, right), b);
}

Array solve_triangular(Array a, Array b, bool upper) {
  const ReleaseOnReturn release(a, b);
  auto [left, right] = equations("solve_triangular", a, b);
  return as_given(solved_triangular(left, right, upper), b);
}

Array inv(Array a) {
  const ReleaseOnReturn release(a);
  expect_matrix("inv", a, true);
  return solved("inv", a, identities(a));
}

Array tri_inv(Array a, bool upper) {
  const ReleaseOnReturn release(a);
  expect_matrix("tri_inv", a, true);
  return solved_triangular(a, identities(a), upper);
}

SignAndLog slogdet(Array a) {
  const ReleaseOnReturn release(a);
  Arrays found = determinants(for_determinant("slogdet", a));
  const Dtype dtype = is_half(a.dtype()) ? a.dtype() : found[0].dtype();
  // NaN has no sign.
  Array sign = where(isnan(found[1]), zeros_like(found[0]), found[0]);
  return {astype(sign, dtype), astype(found[1], dtype)};
}

Array det(Array a) {
  const ReleaseOnReturn release(a);
  Array found = determinants(for_determinant("det", a))[2];
  return is_half(a.dtype()) ? astype(found, a.dtype()) : found;
}

}  // namespace lazulite
