// Sums and their kin, as one primitive.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/primitives/reduction.h"
#include "lazulite/ops/reduction.h"
#include "lazulite/ops/reduction/reduction_axes.h"

namespace lazulite {
namespace {

// What MLX sums integers in: at least 32 bits.
Dtype accumulator(Dtype dtype) {
  if (dtype == Dtype::bool_) return Dtype::int32;
  if (!is_integer(dtype) || size_of(dtype) >= 4) return dtype;
  return kind_of(dtype) == DtypeKind::unsigned_integer ? Dtype::uint32 : Dtype::int32;
}

int identity_of(ReduceOp op) { return op == ReduceOp::prod || op == ReduceOp::all; }

Array reduce(ReduceOp op, const Array& x, const Axes& given, bool keepdims, const char* operation) {
  Axes axes = reduction_axes(x, given, operation);
  Array out = x;
  if (x.size() == 0) {
    out = full(reduced_shape(x.shape(), axes, false), identity_of(op), x.dtype());
  } else if (!axes.empty()) {
    out = make(make_primitive(Reduce{op, axes}), {x});
  }
  return keepdims ? reshape(out, reduced_shape(x.shape(), axes, true)) : out;
}

Array extreme(ReduceOp op, const Array& x, const Axes& axes, bool keepdims, const char* operation) {
  for (int axis : reduction_axes(x, axes, operation)) {
    if (x.shape(axis) == 0) {
      throw Error(fmt::format("{}: axis {} of shape {} is empty, and {} of nothing has no value",
                              operation, axis, to_string(x.shape()), operation));
    }
  }
  return reduce(op, x, axes, keepdims, operation);
}

}  // namespace

Axes reduction_axes(const Array& x, const Axes& axes, const char* operation) {
  if (!axes.empty()) return normalize_axes(axes, x.ndim(), operation);
  Axes all;
  for (size_t axis = 0; axis < x.ndim(); ++axis) all.push_back(static_cast<int>(axis));
  return all;
}

Shape reduced_shape(const Shape& shape, const Axes& axes, bool keepdims) {
  Shape out;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    bool reduced = std::find(axes.begin(), axes.end(), static_cast<int>(axis)) != axes.end();
    if (!reduced) out.push_back(shape[axis]);
    if (reduced && keepdims) out.push_back(1);
  }
  return out;
}

Array sum(Array x, const Axes& axes, bool keepdims) {
  const ReleaseOnReturn release(x);
  return reduce(ReduceOp::sum, astype(x, accumulator(x.dtype())), axes, keepdims, "sum");
}
Array prod(Array x, const Axes& axes, bool keepdims) {
  const ReleaseOnReturn release(x);
  return reduce(ReduceOp::prod, astype(x, accumulator(x.dtype())), axes, keepdims, "prod");
}
Array max(Array x, const Axes& axes, bool keepdims) {
  const ReleaseOnReturn release(x);
  return extreme(ReduceOp::max, x, axes, keepdims, "max");
}
Array min(Array x, const Axes& axes, bool keepdims) {
  const ReleaseOnReturn release(x);
  return extreme(ReduceOp::min, x, axes, keepdims, "min");
}
Array all(Array x, const Axes& axes, bool keepdims) {
  const ReleaseOnReturn release(x);
  return reduce(ReduceOp::all, astype(x, Dtype::bool_), axes, keepdims, "all");
}
Array any(Array x, const Axes& axes, bool keepdims) {
  const ReleaseOnReturn release(x);
  return reduce(ReduceOp::any, astype(x, Dtype::bool_), axes, keepdims, "any");
}
Array count_nonzero(Array x, const Axes& axes, bool keepdims) {
  const ReleaseOnReturn release(x);
  // Ones of more than 32 bits where the count may have them.
  constexpr int64_t most = std::numeric_limits<int32_t>::max();
  Array counted = astype(x, Dtype::bool_);
  return sum(x.size() > most ? astype(counted, Dtype::int64) : counted, axes, keepdims);
}

}  // namespace lazulite
