#include "lazulite/ops/indexing/scatter_points.h"

#include <fmt/format.h>

#include "lazulite/core/errors.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/elementwise.h"
#include "lazulite/ops/indexing.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/primitives.h"

namespace lazulite {
namespace {

// Of integers, rounded towards zero; 0 where y is 0.
Array truncated_quotient(const Array& x, const Array& y) {
  Array down = floor_divide(x, y);
  if (kind_of(x.dtype()) != DtypeKind::signed_integer) return down;
  Array rounds_up = (x != down * y) & ((x < 0) != (y < 0)) & (y != 0);
  return down + astype(rounds_up, x.dtype());
}

ScatterOp op_of(Update how) {
  switch (how) {
    case Update::set: return ScatterOp::assign;
    case Update::add: return ScatterOp::add;
    case Update::subtract: return ScatterOp::add;
    case Update::multiply: return ScatterOp::multiply;
    case Update::divide: return ScatterOp::divide;
    case Update::maximum: return ScatterOp::maximum;
    case Update::minimum: return ScatterOp::minimum;
  }
  return ScatterOp::assign;
}

}  // namespace

Array updated(const Array& x, const Array& y, Update how) {
  switch (how) {
    case Update::set: return y;
    case Update::add: return x + y;
    case Update::subtract: return x + negative(y);
    case Update::multiply: return x * y;
    case Update::divide:
      if (is_inexact(x.dtype())) return x / y;
      return x.dtype() == Dtype::bool_ ? x & y : truncated_quotient(x, y);
    case Update::maximum: return maximum(x, y);
    case Update::minimum: return minimum(x, y);
  }
  return y;
}

Array scatter_points(const Array& x, const std::vector<Array>& positions, const Axes& axes,
                     int place, const Array& values, Update how, const char* operation) {
  const Shape shape = shape_of_points(x.shape(), axes, place, positions[0].shape());
  Array updates = fit_values(values, shape, operation);
  if (element_count(shape) == 0) return x;
  if (how == Update::divide && x.dtype() == Dtype::bool_) how = Update::multiply;
  // What adds up or is multiplied in half precision is so in float32, and rounded once.
  const bool accumulates = how != Update::set && how != Update::maximum && how != Update::minimum;
  if (is_half(x.dtype()) && accumulates) {
    auto wide = [](const Array& a) { return astype(a, Dtype::float32); };
    return astype(scatter_points(wide(x), positions, axes, place, wide(updates), how, operation),
                  x.dtype());
  }
  if (how == Update::subtract) updates = negative(updates);
  updates = broadcast_to(updates, shape);
  const ScatterOp op = op_of(how);
  if (op == ScatterOp::add && axes.size() == 1 && axes[0] == place) {
    return make(make_primitive(ScatterAdd{place}), {x, positions[0], updates});
  }
  SmallVector<Array, 2> inputs = {x};
  for (const Array& array : positions) inputs.push_back(array);
  inputs.push_back(updates);
  return make(make_primitive(ScatterPoints{axes, place, op}), std::move(inputs));
}

bool fits(Shape given, const Shape& shape) {
  while (given.size() > shape.size() && given[0] == 1) given.erase(given.begin());
  bool fits = given.size() <= shape.size();
  for (size_t i = 1; fits && i <= given.size(); ++i) {
    const int64_t size = given[given.size() - i];
    fits = size == 1 || size == shape[shape.size() - i];
  }
  return fits;
}

Array fit_values(const Array& values, const Shape& shape, const char* operation) {
  Shape given = values.shape();
  while (given.size() > shape.size() && given[0] == 1) given.erase(given.begin());
  if (!fits(given, shape)) {
    throw Error(
        fmt::format("{}: values of shape {} cannot be broadcast to what is updated, of "
                    "shape {}",
                    operation, to_string(values.shape()), to_string(shape)));
  }
  while (given.size() < shape.size()) given.insert(given.begin(), 1);
  return reshape(values, given);
}

}  // namespace lazulite
