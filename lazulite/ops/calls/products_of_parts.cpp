// The compositions of gather_mm, segmented_mm and block_masked_mm.
#include <limits>

#include "lazulite/ops/calls.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/indexing.h"
#include "lazulite/ops/linear.h"
#include "lazulite/ops/linear/blocks.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/primitives/definition.h"

namespace lazulite {

using namespace definition;

namespace {

// Matrices with `axes` axes that can be multiplied.
void expect_factors(const char* name, InputTypes inputs, size_t axes) {
  const ArrayTypeRef &a = inputs[0], &b = inputs[1];
  if (a.dtype == b.dtype && is_floating(a.dtype) && a.shape.size() == axes &&
      b.shape.size() == axes && a.shape.back() == b.shape.end()[-2]) {
    return;
  }
  throw Error(fmt::format("{}: {}{} and {}{} do not fit", name, name_of(a.dtype),
                          to_string(a.shape), name_of(b.dtype), to_string(b.shape)));
}

void expect_type(const char* name, const ArrayTypeRef& input, Dtype dtype, const Shape& shape) {
  if (input.dtype == dtype && input.shape == shape) return;
  throw Error(fmt::format("{}: {}{} is needed, not {}{}", name, name_of(dtype), to_string(shape),
                          name_of(input.dtype), to_string(input.shape)));
}

// There must be something of which so many can be chosen.
void expect_choice(const char* name, const ArrayTypeRef& of, int64_t count) {
  if (of.shape[0] > 0 || count == 0) return;
  throw Error(fmt::format("{}: there is nothing to choose from in an array of shape {}", name,
                          to_string(of.shape)));
}

Shape product_shape(int64_t count, InputTypes inputs) {
  return {count, inputs[0].shape.end()[-2], inputs[1].shape.back()};
}

Array where_or_zero(const Array& condition, const Array& x) {
  return where(condition, x, zeros_like(x));
}

}  // namespace

ArrayTypes infer_gather_mm(const Call&, InputTypes inputs) {
  expect_inputs("gather_mm", inputs, 4);
  expect_factors("gather_mm", inputs, 3);
  const Shape places{inputs[2].shape.empty() ? 0 : inputs[2].shape[0]};
  for (size_t i : {2, 3}) expect_type("gather_mm", inputs[i], Dtype::int32, places);
  for (size_t i : {0, 1}) expect_choice("gather_mm", inputs[i], places[0]);
  return {{product_shape(places[0], inputs), inputs[0].dtype}};
}

std::vector<Array> compose_gather_mm(const Call&, std::span<const Array> inputs) {
  return {matmul(take(inputs[0], inputs[2], 0), take(inputs[1], inputs[3], 0))};
}

ArrayTypes infer_segmented_mm(const Call&, InputTypes inputs) {
  expect_inputs("segmented_mm", inputs, 3);
  expect_factors("segmented_mm", inputs, 2);
  const int64_t count = inputs[2].shape.empty() ? 0 : inputs[2].shape[0];
  expect_type("segmented_mm", inputs[2], Dtype::int64, {count, 2});
  return {{product_shape(count, inputs), inputs[0].dtype}};
}

std::vector<Array> compose_segmented_mm(const Call&, std::span<const Array> inputs) {
  const Array &a = inputs[0], &b = inputs[1];
  const std::vector<Array> ends = unstack(inputs[2], -1);
  auto bound = [](const Array& end) { return expand_dims(end, {-1, -2}); };
  const Array place = arange(a.shape(1), Dtype::int64);
  const Array inside = logical_and(place >= bound(ends[0]), place < bound(ends[1]));
  return {matmul(where_or_zero(inside, a), where_or_zero(swapaxes(inside, -1, -2), b))};
}

ArrayTypes infer_block_masked_mm(const Call& call, InputTypes inputs) {
  const int64_t size = call.attribute<int64_t>(0);
  if (size < 1 || size > std::numeric_limits<int>::max()) {
    throw Error(fmt::format("block_masked_mm: there are no blocks of {} rows", size));
  }
  size_t next = 2;
  for (size_t i = 1; i <= 3; ++i) next += call.attribute<int64_t>(i) != 0;
  expect_inputs("block_masked_mm", inputs, next);
  expect_factors("block_masked_mm", inputs, 3);
  const int64_t count = inputs[0].shape[0];
  if (inputs[1].shape[0] != count) {
    throw Error(fmt::format("block_masked_mm: {} and {} matrices", count, inputs[1].shape[0]));
  }
  const Shape product = product_shape(count, inputs);
  const Shape* masked[] = {&product, &inputs[0].shape, &inputs[1].shape};
  next = 2;
  for (size_t i = 0; i < 3; ++i) {
    if (call.attribute<int64_t>(i + 1) == 0) continue;
    auto blocks = [&](size_t axis) { return ((*masked[i])[axis] + size - 1) / size; };
    expect_type("block_masked_mm", inputs[next++], Dtype::bool_, {count, blocks(1), blocks(2)});
  }
  return {{product, inputs[0].dtype}};
}

Array spread_over_blocks(const Array& mask, int block_size, const Array& masked) {
  Array full = repeat(repeat(mask, block_size, -1), block_size, -2);
  Positions stops(full.shape().begin(), full.shape().end());
  stops.end()[-2] = masked.shape(-2);
  stops.end()[-1] = masked.shape(-1);
  return slice(full, Positions(full.ndim(), 0), stops);
}

std::vector<Array> compose_block_masked_mm(const Call& call, std::span<const Array> inputs) {
  const int size = static_cast<int>(call.attribute<int64_t>(0));
  const bool of_product = call.attribute<int64_t>(1) != 0;
  size_t next = of_product ? 3 : 2;
  auto masked = [&](const Array& x, size_t attribute) {
    if (call.attribute<int64_t>(attribute) == 0) return x;
    return where_or_zero(spread_over_blocks(inputs[next++], size, x), x);
  };
  const Array left = masked(inputs[0], 2), right = masked(inputs[1], 3);
  const Array product = matmul(left, right);
  if (!of_product) return {product};
  return {where_or_zero(spread_over_blocks(inputs[2], size, product), product)};
}

}  // namespace lazulite
