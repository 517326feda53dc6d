// Contractions that are matrix products of rearranged arrays.
#include <fmt/format.h>

#include <algorithm>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/linear.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/shape_notes.h"

namespace lazulite {
namespace {

Axes other_axes(const Array& x, const Axes& axes) {
  Axes others;
  for (int axis = 0; axis < static_cast<int>(x.ndim()); ++axis) {
    if (std::find(axes.begin(), axes.end(), axis) == axes.end()) others.push_back(axis);
  }
  return others;
}

Shape sizes_of(const Array& x, const Axes& axes) {
  Shape sizes;
  for (int axis : axes) sizes.push_back(x.shape(axis));
  return sizes;
}

}  // namespace

Array inner(Array a, Array b) {
  const ReleaseOnReturn release(a, b);
  if (a.ndim() == 0 || b.ndim() == 0) return a * b;
  if (a.shape(-1) != b.shape(-1)) {
    throw Error(fmt::format("inner: the last axes of shapes {} and {} differ", to_string(a.shape()),
                            to_string(b.shape())));
  }
  return tensordot(a, b, {-1}, {-1});
}

Array outer(Array a, Array b) {
  const ReleaseOnReturn release(a, b);
  return expand_dims(flatten(a), 1) * flatten(b);
}

Array tensordot(Array a, Array b, const Axes& axes_a, const Axes& axes_b) {
  const ReleaseOnReturn release(a, b);
  if (axes_a.size() != axes_b.size()) {
    throw Error(fmt::format("tensordot: {} axes are paired with {}", axes_a.size(), axes_b.size()));
  }
  Axes summed_a, summed_b;
  int64_t length = 1;
  for (size_t i = 0; i < axes_a.size(); ++i) {
    summed_a.push_back(normalize_axis(axes_a[i], a.ndim(), "tensordot"));
    summed_b.push_back(normalize_axis(axes_b[i], b.ndim(), "tensordot"));
    int64_t size = a.shape(summed_a.back());
    if (size != b.shape(summed_b.back())) {
      throw Error(fmt::format("tensordot: axis {} of shape {} and axis {} of shape {} differ",
                              axes_a[i], to_string(a.shape()), axes_b[i], to_string(b.shape())));
    }
    length *= size;
  }
  normalize_axes(axes_a, a.ndim(), "tensordot");
  normalize_axes(axes_b, b.ndim(), "tensordot");

  Axes order_a = other_axes(a, summed_a), order_b = summed_b;
  Shape rows = sizes_of(a, order_a);
  for (int axis : summed_a) order_a.push_back(axis);
  Axes kept_b = other_axes(b, summed_b);
  Shape columns = sizes_of(b, kept_b);
  for (int axis : kept_b) order_b.push_back(axis);

  const Array stacked = transpose(a, order_a);
  // Of one summed axis the rows can be told apart whatever their number is.
  const bool has_rows = rows.size() > 1 && summed_a.size() == 1;
  Array left = has_rows ? flatten(stacked, 0, -2) : reshape(stacked, {element_count(rows), length});
  Array right = reshape(transpose(b, order_b), {length, element_count(columns)});
  Shape shape = rows;
  for (int64_t size : columns) shape.push_back(size);
  Array result = reshape(matmul(left, right), shape);
  return has_rows && columns.size() == 1 ? noted_like(std::move(result), stacked) : result;
}

Array tensordot(Array a, Array b, int count) {
  const ReleaseOnReturn release(a, b);
  if (count < 0 || count > static_cast<int>(std::min(a.ndim(), b.ndim()))) {
    throw Error(fmt::format("tensordot: {} axes of shapes {} and {} cannot be paired", count,
                            to_string(a.shape()), to_string(b.shape())));
  }
  Axes axes_a, axes_b;
  for (int i = 0; i < count; ++i) {
    axes_a.push_back(static_cast<int>(a.ndim()) - count + i);
    axes_b.push_back(i);
  }
  return tensordot(a, b, axes_a, axes_b);
}

}  // namespace lazulite
