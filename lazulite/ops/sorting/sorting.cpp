#include "lazulite/ops/sorting.h"

#include <fmt/format.h>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/elementwise.h"
#include "lazulite/ops/indexing.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/primitives/sort.h"
#include "lazulite/ops/reduction.h"

namespace lazulite {
namespace {

// The array and the axis to sort along; flattened where none is given.
int prepare(Array& x, std::optional<int> axis, const char* operation) {
  expect_array(operation, x);
  if (!axis || x.ndim() == 0) {
    if (axis && *axis != 0 && *axis != -1) normalize_axis(*axis, x.ndim(), operation);
    x = flatten(std::move(x));
    return 0;
  }
  return normalize_axis(*axis, x.ndim(), operation);
}

Array positions_in_order(Array x, int axis) {
  return make(make_primitive(ArgSort{axis}), {std::move(x)});
}

Array in_order(Array x, int axis) {
  Array positions = positions_in_order(x, axis);
  return take_along_axis(std::move(x), std::move(positions), axis);
}

void expect_position(const Array& x, int axis, int64_t kth, const char* operation) {
  int64_t size = x.shape(axis);
  if (kth < -size || kth >= size) {
    throw ValueError(fmt::format("{}: position {} is out of range for an axis of size {}",
                                 operation, kth, size));
  }
}

}  // namespace

Array argsort(Array x, std::optional<int> axis) {
  Shape shape = x.valid() ? x.shape() : Shape();
  int at = prepare(x, axis, "argsort");
  Array out = positions_in_order(std::move(x), at);
  return shape.empty() ? reshape(std::move(out), shape) : out;
}

Array sort(Array x, std::optional<int> axis) {
  Shape shape = x.valid() ? x.shape() : Shape();
  int at = prepare(x, axis, "sort");
  Array out = in_order(std::move(x), at);
  return shape.empty() ? reshape(std::move(out), shape) : out;
}

Array argpartition(Array x, int64_t kth, std::optional<int> axis) {
  int at = prepare(x, axis, "argpartition");
  expect_position(x, at, kth, "argpartition");
  return positions_in_order(std::move(x), at);
}

Array partition(Array x, int64_t kth, std::optional<int> axis) {
  int at = prepare(x, axis, "partition");
  expect_position(x, at, kth, "partition");
  return in_order(std::move(x), at);
}

Array topk(Array x, int64_t k, std::optional<int> axis) {
  int at = prepare(x, axis, "topk");
  int64_t size = x.shape(at);
  if (k < 0 || k > size) {
    throw ValueError(fmt::format("topk: {} elements were asked for, and the axis has {}", k, size));
  }
  Positions starts(x.ndim(), 0), stops(x.shape().begin(), x.shape().end());
  starts[static_cast<size_t>(at)] = size - k;
  Array largest = slice(positions_in_order(x, at), starts, stops);
  return take_along_axis(std::move(x), std::move(largest), at);
}

Array median(Array x, const Axes& axes, bool keepdims) {
  const ReleaseOnReturn release(x);
  if (!is_inexact(x.dtype())) x = astype(std::move(x), Dtype::float32);
  Axes over = normalize_axes(axes, x.ndim(), "median");
  if (axes.empty()) {
    for (size_t i = 0; i < x.ndim(); ++i) over.push_back(static_cast<int>(i));
  }
  // The axes to be reduced, as one at the end.
  Axes order;
  Shape kept, full = x.shape();
  for (int axis = 0; axis < static_cast<int>(x.ndim()); ++axis) {
    if (std::find(over.begin(), over.end(), axis) == over.end()) {
      order.push_back(axis);
      kept.push_back(x.shape(axis));
    } else {
      full[static_cast<size_t>(axis)] = 1;
    }
  }
  int64_t count = 1;
  for (int axis : over) {
    order.push_back(axis);
    count = multiply_sizes(count, x.shape(axis), "median");
  }
  if (count == 0) throw ValueError("median: there is no middle of no elements");
  Shape lines = kept;
  lines.push_back(count);
  const int axis = static_cast<int>(kept.size());
  const Array line = reshape(transpose(x, order), lines);
  const Array positions = positions_in_order(line, axis);
  auto element = [&](int64_t i) {
    Array position = expand_dims(take(positions, i, axis), {axis});
    return take(take_along_axis(line, std::move(position), axis), 0, axis);
  };
  Array middle = element(count / 2);
  if (count % 2 == 0) {
    // The sum of large numbers could overflow, and half of the smallest would be lost.
    Array lower = element(count / 2 - 1);
    Array large = logical_and(abs(lower) > 1, abs(middle) > 1);
    middle = where(large, lower * 0.5 + middle * 0.5, (lower + middle) * 0.5);
  }
  // NaN comes last.
  Array last = element(count - 1);
  Array out = where(isnan(last), last, middle);
  return keepdims ? reshape(out, full) : out;
}

}  // namespace lazulite
