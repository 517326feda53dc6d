#include <fmt/format.h>

#include <limits>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/indexing.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"

namespace lazulite {

Array diagonal(Array x, int offset, int axis1, int axis2) {
  const ReleaseOnReturn release(x);
  if (x.ndim() < 2) {
    throw Error("diagonal: at least two dimensions are needed, not shape " + to_string(x.shape()));
  }
  int first = normalize_axis(axis1, x.ndim(), "diagonal");
  int second = normalize_axis(axis2, x.ndim(), "diagonal");
  if (first == second) throw Error(fmt::format("diagonal: axis {} is given twice", axis1));
  Axes order;
  for (int axis = 0; axis < static_cast<int>(x.ndim()); ++axis) {
    if (axis != first && axis != second) order.push_back(axis);
  }
  order.push_back(first);
  order.push_back(second);
  Array planes = transpose(x, order);
  int64_t rows = planes.shape(-2), columns = planes.shape(-1);
  int64_t row = offset < 0 ? -static_cast<int64_t>(offset) : 0, column = offset > 0 ? offset : 0;
  int64_t length = std::max<int64_t>(0, std::min(rows - row, columns - column));
  if (length == 0) row = column = 0;
  int64_t begin = row * columns + column, step = columns + 1;
  bool narrow = rows * columns <= std::numeric_limits<int32_t>::max() - step;
  Dtype dtype = narrow ? Dtype::int32 : Dtype::int64;
  Array positions = arange(length, dtype) * Array(step, dtype) + Array(begin, dtype);
  return take(flatten(planes, -2, -1), positions, -1);
}

Array diag(Array x, int k) {
  const ReleaseOnReturn release(x);
  if (x.ndim() == 2) return diagonal(x, k);
  if (x.ndim() != 1) {
    throw Error("diag: one or two dimensions are needed, not shape " + to_string(x.shape()));
  }
  // The lowest k has no negative as an int.
  int64_t shift = k, side = x.size() + std::abs(shift);
  Array column = pad(x, {{std::max<int64_t>(shift, 0), std::max<int64_t>(-shift, 0)}});
  return where(eye(side, side, k, Dtype::bool_), column, zeros_like(column));
}

}  // namespace lazulite
