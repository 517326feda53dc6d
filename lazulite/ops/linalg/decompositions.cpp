#include <fmt/format.h>

#include <limits>

#include "lazulite/core/errors.h"
#include "lazulite/core/no_result.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/linalg.h"
#include "lazulite/ops/linalg/host.h"
#include "lazulite/ops/linear.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/primitives/named_operation.h"
#include "lazulite/ops/reduction.h"

namespace lazulite {

Shape with_last(const Shape& shape, size_t removed, std::initializer_list<int64_t> sizes) {
  Shape out(shape.begin(), shape.end() - static_cast<ptrdiff_t>(removed));
  for (int64_t size : sizes) out.push_back(size);
  return out;
}

namespace {

void expect_type(const char* operation, const ArrayTypeRef& a, bool square, bool or_complex) {
  const bool typed = a.dtype == Dtype::float32 || a.dtype == Dtype::float64 ||
                     (or_complex && a.dtype == Dtype::complex64);
  if (typed && a.shape.size() >= 2 && (!square || a.shape.back() == a.shape.end()[-2])) return;
  throw ValueError(fmt::format("linalg.{}: {} of float32 or float64{} are needed, not {}{}",
                               operation, square ? "square matrices" : "matrices",
                               or_complex ? " or complex64" : "", name_of(a.dtype),
                               to_string(a.shape)));
}

}  // namespace

void expect_matrix(const char* operation, const Array& a, bool square, bool or_complex) {
  expect_type(operation, a, square, or_complex);
}

void expect_matrices(const char* operation, InputTypes inputs, size_t count, bool square,
                     bool or_complex) {
  if (inputs.size() != count) {
    throw Error(fmt::format("linalg.{}: {} inputs are given where there are {}", operation,
                            inputs.size(), count));
  }
  for (const ArrayTypeRef& input : inputs) {
    expect_type(operation, input, square && &input == &inputs[0], or_complex);
    if (input.dtype != inputs[0].dtype ||
        with_last(input.shape, 2, {}) != with_last(inputs[0].shape, 2, {})) {
      throw Error(fmt::format("linalg.{}: {}{} beside {}{}", operation, name_of(input.dtype),
                              to_string(input.shape), name_of(inputs[0].dtype),
                              to_string(inputs[0].shape)));
    }
  }
}

namespace {

// An operation on the matrices of one array. Mapped over, it takes them along one axis more.
template <class Infer, class Run>
Operation make_operation(const char* name, bool square, bool or_complex, Infer infer, Run run) {
  struct Self {
    std::weak_ptr<const CustomOperation> operation;
  };
  auto self = std::make_shared<Self>();
  CustomOperation out{.name = name, .infer = {}, .run = {}};
  out.infer = [=](InputTypes x) -> ArrayTypes {
    expect_matrices(name, x, 1, square, or_complex);
    return infer(x[0].shape, x[0].dtype);
  };
  out.run = [run](HostArrays x, HostArrays y) {
    for_each_matrix(x[0].shape, [&](int64_t i) { run(x[0], y, i); });
  };
  out.vmap = [self](const Arrays& x, const std::vector<bool>&) {
    return apply_operation(self->operation.lock(), x);
  };
  auto made = std::make_shared<const CustomOperation>(out);
  self->operation = made;
  return made;
}

// Of half the dtype that absolute values of it have.
Dtype real_type(Dtype dtype) { return dtype == Dtype::complex64 ? Dtype::float32 : dtype; }

// Calls `run` with a value of the type that matrices of the array are decomposed in.
template <class F>
void in_its_type(const HostArray& x, F run) {
  if (x.dtype == Dtype::complex64) {
    run(dense::Complex());
  } else {
    run(double());
  }
}

const Operation& lu_operation() {
  static const Operation& operation = kept(make_operation(
      "lu_factor", false, false,
      [](const Shape& shape, Dtype dtype) -> ArrayTypes {
        const int64_t rows = shape.end()[-2], steps = std::min(rows, shape.back());
        return {{shape, dtype},
                {with_last(shape, 2, {steps}), Dtype::uint32},
                {with_last(shape, 2, {rows}), Dtype::uint32}};
      },
      [](const HostArray& x, HostArrays y, int64_t i) {
        dense::Matrix<double> a = matrix_of<double>(x, i);
        const std::vector<int> exchanged = dense::lapack().lu(a);
        std::vector<int64_t> order, went;
        for (int64_t row = 0; row < a.rows; ++row) order.push_back(row);
        for (size_t k = 0; k < exchanged.size(); ++k) std::swap(order[k], order[exchanged[k]]);
        went.resize(order.size());
        for (size_t k = 0; k < order.size(); ++k) went[order[k]] = static_cast<int64_t>(k);
        put_matrix(y[0], i, a);
        put_list(y[1], i, exchanged);
        put_list(y[2], i, went);
      }));
  return operation;
}

const Operation& qr_operation() {
  static const Operation& operation = kept(make_operation(
      "qr", false, false,
      [](const Shape& shape, Dtype dtype) -> ArrayTypes {
        const int64_t rows = shape.end()[-2], steps = std::min(rows, shape.back());
        return {{with_last(shape, 2, {rows, steps}), dtype},
                {with_last(shape, 2, {steps, shape.back()}), dtype}};
      },
      [](const HostArray& x, HostArrays y, int64_t i) {
        auto [q, r] = dense::lapack().qr(matrix_of<double>(x, i));
        put_matrix(y[0], i, q);
        put_matrix(y[1], i, r);
      }));
  return operation;
}

template <class T>
dense::Matrix<T> turned(const dense::Matrix<T>& a) {
  dense::Matrix<T> out(a.columns, a.rows);
  for (int64_t i = 0; i < a.rows; ++i) {
    for (int64_t j = 0; j < a.columns; ++j) out(j, i) = a(i, j);
  }
  return out;
}

template <bool vectors>
const Operation& svd_operation() {
  static const Operation& operation = kept(make_operation(
      "svd", false, true,
      [](const Shape& shape, Dtype dtype) -> ArrayTypes {
        const int64_t rows = shape.end()[-2], columns = shape.back();
        ArrayTypes out{{with_last(shape, 2, {std::min(rows, columns)}), real_type(dtype)}};
        if (vectors) {
          out.push_back({with_last(shape, 2, {rows, rows}), dtype});
          out.push_back({with_last(shape, 2, {columns, columns}), dtype});
        }
        return out;
      },
      [](const HostArray& x, HostArrays y, int64_t i) {
        in_its_type(x, [&]<class T>(T) {
          // MLX's rows are the routine's columns: of the turned matrix, vectors have its signs.
          dense::Svd<T> found = dense::lapack().of<T>().svd(turned(matrix_of<T>(x, i)), vectors);
          put_list(y[0], i, found.s);
          if (!vectors) return;
          put_matrix(y[1], i, turned(found.vh));
          put_matrix(y[2], i, turned(found.u));
        });
      }));
  return operation;
}

template <bool vectors>
const Operation& eigh_operation() {
  static const Operation& operation = kept(make_operation(
      "eigh", true, true,
      [](const Shape& shape, Dtype dtype) -> ArrayTypes {
        ArrayTypes out{{with_last(shape, 1, {}), real_type(dtype)}};
        if (vectors) out.push_back({shape, dtype});
        return out;
      },
      [](const HostArray& x, HostArrays y, int64_t i) {
        in_its_type(x, [&]<class T>(T) {
          auto found = dense::lapack().of<T>().eigh(matrix_of<T>(x, i), vectors);
          put_list(y[0], i, found.values);
          if (vectors) put_matrix(y[1], i, found.vectors);
        });
      }));
  return operation;
}

template <bool vectors>
const Operation& eig_operation() {
  static const Operation& operation = kept(make_operation(
      "eig", true, true,
      [](const Shape& shape, Dtype) -> ArrayTypes {
        ArrayTypes out{{with_last(shape, 1, {}), Dtype::complex64}};
        if (vectors) out.push_back({shape, Dtype::complex64});
        return out;
      },
      [](const HostArray& x, HostArrays y, int64_t i) {
        in_its_type(x, [&]<class T>(T) {
          auto found = dense::lapack().of<T>().eig(matrix_of<T>(x, i), vectors);
          put_list(y[0], i, found.values);
          if (vectors) put_matrix(y[1], i, found.vectors);
        });
      }));
  return operation;
}

const NamedOperation named_operations[] = {
    {"lu_factor", lu_operation},    {"qr", qr_operation},
    {"svd", svd_operation<true>},   {"singular_values", svd_operation<false>},
    {"eigh", eigh_operation<true>}, {"eigvalsh", eigh_operation<false>},
    {"eig", eig_operation<true>},   {"eigvals", eig_operation<false>}};

// The transposed matrix, of which LAPACK's lower triangle is the upper one.
Array with_lower_triangle(Array a, bool upper) {
  if (!upper) return a;
  return swapaxes(a.dtype() == Dtype::complex64 ? conjugate(a) : a, -1, -2);
}

// The first n rows, or columns, of matrices.
Array first_rows(const Array& x, int64_t n) {
  Positions starts(x.ndim(), 0), stops(x.shape().begin(), x.shape().end());
  stops.end()[-2] = n;
  return slice(x, starts, stops);
}

Array first_columns(const Array& x, int64_t n) {
  return swapaxes(first_rows(swapaxes(x, -1, -2), n), -1, -2);
}

}  // namespace

LuFactors lu_factor(Array a) {
  const ReleaseOnReturn release(a);
  expect_matrix("lu_factor", a, false);
  std::vector<Array> out = apply_operation(lu_operation(), {a});
  return {out[0], out[1], out[2]};
}

Lu lu(Array a) {
  const ReleaseOnReturn release(a);
  expect_matrix("lu", a, false);
  std::vector<Array> out = apply_operation(lu_operation(), {a});
  const int64_t rows = a.shape(-2), columns = a.shape(-1), steps = std::min(rows, columns);
  Array l = tril(first_columns(out[0], steps), -1) + eye(rows, steps, 0, a.dtype());
  return {out[2], l, triu(first_rows(out[0], steps))};
}

Qr qr(Array a) {
  const ReleaseOnReturn release(a);
  expect_matrix("qr", a, false);
  std::vector<Array> out = apply_operation(qr_operation(), {a});
  return {out[0], out[1]};
}

Svd svd(Array a) {
  const ReleaseOnReturn release(a);
  expect_matrix("svd", a, false, true);
  std::vector<Array> out = apply_operation(svd_operation<true>(), {a});
  return {out[1], out[0], out[2]};
}

Array singular_values(Array a) {
  const ReleaseOnReturn release(a);
  expect_matrix("svd", a, false, true);
  return apply_operation(svd_operation<false>(), {a})[0];
}

Eigen eigh(Array a, bool upper) {
  const ReleaseOnReturn release(a);
  expect_matrix("eigh", a, true, true);
  std::vector<Array> out = apply_operation(eigh_operation<true>(), {with_lower_triangle(a, upper)});
  return {out[0], out[1]};
}

Array eigvalsh(Array a, bool upper) {
  const ReleaseOnReturn release(a);
  expect_matrix("eigvalsh", a, true, true);
  return apply_operation(eigh_operation<false>(), {with_lower_triangle(a, upper)})[0];
}

Eigen eig(Array a) {
  const ReleaseOnReturn release(a);
  expect_matrix("eig", a, true, true);
  std::vector<Array> out = apply_operation(eig_operation<true>(), {a});
  return {out[0], out[1]};
}

Array eigvals(Array a) {
  const ReleaseOnReturn release(a);
  expect_matrix("eigvals", a, true, true);
  return apply_operation(eig_operation<false>(), {a})[0];
}

Array pinv(Array a) {
  const ReleaseOnReturn release(a);
  expect_matrix("pinv", a, false);
  auto [u, s, vt] = svd(a);
  const int64_t size = s.shape().back();
  if (size == 0) return swapaxes(a, -1, -2);
  const double epsilon = a.dtype() == Dtype::float64 ? std::numeric_limits<double>::epsilon()
                                                     : std::numeric_limits<float>::epsilon();
  const double noise = 10 * epsilon * static_cast<double>(std::max(a.shape(-1), a.shape(-2)));
  Array large = s > max(s, -1, true) * noise;
  Array inverse = where(large, 1 / where(large, s, 1.0), 0.0);
  Array columns = swapaxes(first_rows(vt, size), -1, -2) * expand_dims(inverse, {-2});
  return matmul(columns, swapaxes(first_columns(u, size), -1, -2));
}

}  // namespace lazulite
