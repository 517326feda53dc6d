// Products of matrices of which masks, segments or indices choose parts.
#include <fmt/format.h>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/elementwise.h"
#include "lazulite/ops/indexing.h"
#include "lazulite/ops/linear.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"

namespace lazulite {
namespace {

// Each element of a mask as a block over the last two axes, cut to the size of what it masks.
Array masked(const Array& x, const Array& mask, int block_size, const char* which) {
  if (!mask.valid()) return x;
  auto blocks = [&](int axis) { return (x.shape(axis) + block_size - 1) / block_size; };
  Shape expected(x.shape().begin(), x.shape().end() - 2);
  expected.push_back(blocks(-2));
  expected.push_back(blocks(-1));
  if (mask.ndim() > expected.size() ||
      broadcast_shapes(mask.shape(), expected, "block_masked_mm") != expected) {
    throw ValueError(fmt::format(
        "block_masked_mm: {} of shape {} does not fit the {} blocks of an array of shape {}", which,
        to_string(mask.shape()), to_string(expected), to_string(x.shape())));
  }
  Array full = repeat(repeat(broadcast_to(mask, expected), block_size, -1), block_size, -2);
  Positions stops(x.shape().begin(), x.shape().end());
  full = slice(full, Positions(x.ndim(), 0), stops);
  if (mask.dtype() == Dtype::bool_) return where(full, x, zeros_like(x));
  return x * astype(full, x.dtype());
}

Dtype expect_floating(const char* operation, const Array& a, const Array& b) {
  Dtype dtype = result_type(a.dtype(), b.dtype());
  if (is_floating(dtype)) return dtype;
  throw ValueError(fmt::format("{}: floating numbers are needed, not {} and {}", operation,
                               name_of(a.dtype()), name_of(b.dtype())));
}

void expect_integers(const char* operation, const char* what, const Array& x) {
  if (is_integer(x.dtype())) return;
  throw ValueError(
      fmt::format("{}: {} must be integers, not {}", operation, what, name_of(x.dtype())));
}

// The matrices that the indices pick, or all in their own order.
Array picked(const Array& x, const Array& indices) {
  if (!indices.valid()) return x;
  expect_integers("gather_mm", "indices", indices);
  return take(x.ndim() == 2 ? expand_dims(x, {0}) : flatten(x, 0, -3), indices, 0);
}

}  // namespace

Array block_masked_mm(Array a, Array b, int block_size, Array mask_out, Array mask_lhs,
                      Array mask_rhs) {
  const ReleaseOnReturn release(a, b);
  const ReleaseIfGiven out(mask_out), lhs(mask_lhs), rhs(mask_rhs);
  const bool any = mask_out.valid() || mask_lhs.valid() || mask_rhs.valid();
  if (!any) return matmul(a, b);
  if (block_size != 32 && block_size != 64) {
    throw ValueError(fmt::format("block_masked_mm: blocks have 32 or 64 rows, not {}", block_size));
  }
  const Dtype dtype = expect_floating("block_masked_mm", a, b);
  if (a.ndim() == 0 || b.ndim() == 0) return matmul(a, b);
  Array left = astype(a.ndim() == 1 ? expand_dims(a, {0}) : a, dtype);
  Array right = astype(b.ndim() == 1 ? expand_dims(b, {1}) : b, dtype);
  Array product = matmul(masked(left, mask_lhs, block_size, "mask_lhs"),
                         masked(right, mask_rhs, block_size, "mask_rhs"));
  product = masked(product, mask_out, block_size, "mask_out");
  if (a.ndim() == 1) product = squeeze(product, {-2});
  return b.ndim() == 1 ? squeeze(product, {-1}) : product;
}

Array segmented_mm(Array a, Array b, Array segments) {
  const ReleaseOnReturn release(a, b, segments);
  if (a.ndim() != 2 || b.ndim() != 2 || a.shape(1) != b.shape(0)) {
    throw ValueError(
        fmt::format("segmented_mm: shapes {} and {}; two matrices (m, k) and (k, n) are expected",
                    to_string(a.shape()), to_string(b.shape())));
  }
  expect_integers("segmented_mm", "segments", segments);
  if (segments.ndim() == 0 || segments.shape(-1) != 2) {
    throw ValueError(fmt::format("segmented_mm: segments of shape {}; pairs (..., 2) are expected",
                                 to_string(segments.shape())));
  }
  const Dtype dtype = expect_floating("segmented_mm", a, b);
  std::vector<Array> ends = unstack(astype(segments, Dtype::int64), -1);
  auto bound = [](const Array& end) { return expand_dims(end, {-1, -2}); };
  Array place = arange(a.shape(1), Dtype::int64);
  Array inside = logical_and(place >= bound(ends[0]), place < bound(ends[1]));
  Array left = astype(a, dtype);
  return matmul(where(inside, left, zeros_like(left)), astype(b, dtype));
}

Array gather_mm(Array a, Array b, Array lhs_indices, Array rhs_indices) {
  const ReleaseOnReturn release(a, b);
  const ReleaseIfGiven lhs(lhs_indices), rhs(rhs_indices);
  if (!lhs_indices.valid() && !rhs_indices.valid()) return matmul(a, b);
  const Dtype dtype = expect_floating("gather_mm", a, b);
  if (a.ndim() == 0 || b.ndim() == 0) return matmul(a, b);
  Array left = astype(a.ndim() == 1 ? expand_dims(a, {0}) : a, dtype);
  Array right = astype(b.ndim() == 1 ? expand_dims(b, {1}) : b, dtype);
  if (left.shape(-1) != right.shape(-2)) {
    throw ValueError(fmt::format(
        "gather_mm: matrices of shapes {} and {} do not fit: the last axis of the first must be as "
        "long as the last but one of the second",
        to_string(a.shape()), to_string(b.shape())));
  }
  Array product = matmul(picked(left, lhs_indices), picked(right, rhs_indices));
  if (a.ndim() == 1) product = squeeze(product, {-2});
  return b.ndim() == 1 ? squeeze(product, {-1}) : product;
}

}  // namespace lazulite
