#include <fmt/format.h>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/linear.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/primitives/linear.h"
#include "lazulite/ops/shape_notes.h"

namespace lazulite {
namespace {

void check_operands(const Array& a, const Array& b) {
  if (a.ndim() == 0 || b.ndim() == 0) {
    throw Error(fmt::format("matmul: shapes {} and {}; each needs at least one dimension",
                            to_string(a.shape()), to_string(b.shape())));
  }
  if (!is_inexact(result_type(a.dtype(), b.dtype()))) {
    throw Error(fmt::format("matmul: floating or complex numbers are needed, not {} and {}",
                            name_of(a.dtype()), name_of(b.dtype())));
  }
  if (a.shape(-1) != b.shape(b.ndim() == 1 ? -1 : -2)) {
    throw Error(
        fmt::format("matmul: shapes {} and {} do not fit: the last axis of the first must "
                    "be as long as the last but one of the second",
                    to_string(a.shape()), to_string(b.shape())));
  }
}

Shape leading(const Shape& shape) { return Shape(shape.begin(), shape.end() - 2); }

Shape with_leading(Shape lead, int64_t rows, int64_t columns) {
  lead.push_back(rows);
  lead.push_back(columns);
  return lead;
}

// Both have at least two dimensions and one dtype.
Array matrix_product(const Array& a, const Array& b) {
  int64_t rows = a.shape(-2), inner = a.shape(-1), columns = b.shape(-1);
  if (a.ndim() > 2 && b.ndim() == 2) {
    // One large product instead of many small ones that share their right side.
    Shape shape = with_leading(leading(a.shape()), rows, columns);
    return noted_like(reshape(matrix_product(flatten(a, 0, -2), b), shape), a);
  }
  Shape lead = broadcast_shapes(leading(a.shape()), leading(b.shape()), "matmul");
  Shape shape = with_leading(lead, rows, columns);
  check_shape(shape, a.itemsize(), "matmul");
  if (inner == 0 || element_count(shape) == 0) return zeros(shape, a.dtype());
  Array left = broadcast_to(a, with_leading(lead, rows, inner));
  Array right = broadcast_to(b, with_leading(lead, inner, columns));
  return make(make_primitive(Matmul{}), {left, right});
}

}  // namespace

Array matmul(Array a, Array b) {
  const ReleaseOnReturn release(a, b);
  check_operands(a, b);
  Dtype dtype = result_type(a.dtype(), b.dtype());
  Array left = astype(a, dtype), right = astype(b, dtype);
  Axes added;
  if (a.ndim() == 1) left = expand_dims(left, 0);
  if (b.ndim() == 1) right = expand_dims(right, 1);
  Array out = matrix_product(left, right);
  if (a.ndim() == 1) added.push_back(-2);
  if (b.ndim() == 1) added.push_back(-1);
  return added.empty() ? out : squeeze(out, added);
}

Array addmm(Array c, Array a, Array b, double alpha, double beta) {
  const ReleaseOnReturn release(c, a, b);
  // All three in the dtype of the result, which c alone may widen.
  const Dtype dtype = result_type(c.dtype(), result_type(a.dtype(), b.dtype()));
  Array product = matmul(astype(a, dtype), astype(b, dtype));
  if (broadcast_shapes(c.shape(), product.shape(), "addmm") != product.shape()) {
    throw Error(
        fmt::format("addmm: an array of shape {} cannot be broadcast to the product's "
                    "shape {}",
                    to_string(c.shape()), to_string(product.shape())));
  }
  // What has no share in the result does not spoil it with a NaN or an infinity.
  auto scaled = [&](const Array& x, double factor) { return factor == 1 ? x : x * factor; };
  if (beta == 0) {
    return astype(alpha == 0 ? zeros_like(product) : scaled(product, alpha), dtype);
  }
  if (alpha == 0) return broadcast_to(astype(scaled(c, beta), dtype), product.shape());
  return scaled(product, alpha) + scaled(c, beta);
}

}  // namespace lazulite
