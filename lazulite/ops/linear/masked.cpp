// Products of matrices of which masks, segments or indices choose parts.
#include <fmt/format.h>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/calls.h"
#include "lazulite/ops/elementwise.h"
#include "lazulite/ops/linear.h"
#include "lazulite/ops/linear/blocks.h"
#include "lazulite/ops/linear/chosen.h"
#include "lazulite/ops/operators.h"

namespace lazulite {
namespace {

// A mask with an element for each block of the last two axes of an array of such a shape.
Array mask_of_blocks(const Shape& shape, const Array& mask, int block_size, const char* which) {
  if (!mask.valid()) return mask;
  Shape expected = shape;
  for (size_t axis : {shape.size() - 2, shape.size() - 1}) {
    expected[axis] = (shape[axis] + block_size - 1) / block_size;
  }
  if (mask.ndim() > expected.size() ||
      broadcast_shapes(mask.shape(), expected, "block_masked_mm") != expected) {
    throw ValueError(fmt::format(
        "block_masked_mm: {} of shape {} does not fit the {} blocks of an array of shape {}", which,
        to_string(mask.shape()), to_string(expected), to_string(shape)));
  }
  return broadcast_to(mask, expected);
}

bool leaves_out(const Array& mask) { return mask.valid() && mask.dtype() == Dtype::bool_; }

// Each block times its element of a mask of numbers.
Array scaled(const Array& x, const Array& mask, int block_size) {
  if (!mask.valid() || leaves_out(mask)) return x;
  return x * astype(spread_over_blocks(mask, block_size, x), x.dtype());
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

Array compute(const Call& call, const std::vector<Array>& inputs) {
  // Where there is nothing to add or to leave out, the composition knows what comes out.
  if (inputs[0].size() == 0 || inputs[1].size() == 0 || inputs.size() == 2)
    return compose(call, inputs)[0];
  return make(make_primitive(call), {inputs.begin(), inputs.end()});
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
  if (left.shape(-1) != right.shape(-2)) return matmul(a, b);  // which says so
  const Shape batch = broadcast_shapes(leading(left), leading(right), "block_masked_mm");
  auto in_batch = [&](const Array& x) {
    Shape shape = batch;
    for (int axis : {-2, -1}) shape.push_back(x.shape(axis));
    return listed(broadcast_to(x, shape));
  };
  Shape shape = batch;
  shape.push_back(left.shape(-2));
  shape.push_back(right.shape(-1));
  mask_out = mask_of_blocks(shape, mask_out, block_size, "mask_out");
  mask_lhs = mask_of_blocks(left.shape(), mask_lhs, block_size, "mask_lhs");
  mask_rhs = mask_of_blocks(right.shape(), mask_rhs, block_size, "mask_rhs");
  Call call{CallId::block_masked_mm, {int64_t{block_size}}};
  std::vector<Array> inputs{in_batch(scaled(left, mask_lhs, block_size)),
                            in_batch(scaled(right, mask_rhs, block_size))};
  for (const Array& mask : {mask_out, mask_lhs, mask_rhs}) {
    call.attributes.push_back(int64_t{leaves_out(mask)});
    if (leaves_out(mask)) inputs.push_back(in_batch(mask));
  }
  Array product = scaled(reshape(compute(call, inputs), shape), mask_out, block_size);
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
  Shape shape(segments.shape().begin(), segments.shape().end() - 1);
  // Where segments may begin and end is one place more than there are columns.
  segments = checked_positions(segments, a.shape(1) + 1, IndexUse::segmented_mm, false);
  Array rows = reshape(astype(segments, Dtype::int64), {element_count(shape), 2});
  shape.push_back(a.shape(0));
  shape.push_back(b.shape(1));
  return reshape(compute({CallId::segmented_mm, {}}, {astype(a, dtype), astype(b, dtype), rows}),
                 shape);
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
  for (const Array* indices : {&lhs_indices, &rhs_indices}) {
    if (indices->valid()) expect_integers("gather_mm", "indices", *indices);
  }
  lhs_indices =
      lhs_indices.valid() ? checked(lhs_indices, left, IndexUse::gather_mm) : numbered(left);
  rhs_indices =
      rhs_indices.valid() ? checked(rhs_indices, right, IndexUse::gather_mm) : numbered(right);
  const std::vector<Array> places = broadcast_arrays({lhs_indices, rhs_indices});
  Shape shape = places[0].shape();
  shape.push_back(left.shape(-2));
  shape.push_back(right.shape(-1));
  Array product =
      reshape(compute({CallId::gather_mm, {}},
                      {listed(left), listed(right), flatten(places[0]), flatten(places[1])}),
              shape);
  if (a.ndim() == 1) product = squeeze(product, {-2});
  return b.ndim() == 1 ? squeeze(product, {-1}) : product;
}

}  // namespace lazulite
