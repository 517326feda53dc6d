// Updates of x[{...}], and x.at({...}).
#include <fmt/format.h>

#include <algorithm>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/elementwise.h"
#include "lazulite/ops/indexing.h"
#include "lazulite/ops/indexing/index_expression.h"
#include "lazulite/ops/indexing/positions.h"
#include "lazulite/ops/indexing/scatter_points.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/primitives.h"
#include "lazulite/ops/scan.h"

namespace lazulite {
namespace {

constexpr const char* operation = "index_update";

bool takes_all(const Index& index) {
  const Slice* slice = std::get_if<Slice>(&index);
  return std::holds_alternative<Ellipsis>(index) ||
         (slice && !slice->start && !slice->stop && slice->step == 1);
}

// The only entry that does not take all of its axes, if that is a mask.
const Array* only_mask(const std::vector<Index>& indices) {
  const Array* mask = nullptr;
  for (const Index& index : indices) {
    if (takes_all(index)) continue;
    if (mask || !is_mask(index)) return nullptr;
    mask = array_of(index);
  }
  return mask;
}

// Which of `count` values each place of the mask takes, where it holds.
Array numbers_of_values(const Array& mask, int64_t count) {
  Array flat = flatten(mask);
  Array numbers = where(flat, cumsum(flat, 0, false, false), 0);
  return reshape(checked_positions(numbers, count, IndexUse::mask_values, false), mask.shape());
}

// An update where a mask holds, without a look at what it is: a selection. Of several values along
// the mask's axes each place takes the next. Not valid() where that is not possible.
Array update_masked(const Array& x, const std::vector<Index>& indices, const Array& mask,
                    const Array& given, Update how) {
  size_t before = 0;
  const size_t left = axes_left(x, indices, operation);
  for (const Index& index : indices) {
    if (array_of(index)) break;
    before += std::holds_alternative<Ellipsis>(index) ? left : 1;
  }
  expect_mask_fits(x, mask, before, operation);
  // The shape of what is read, of which the number of elements that the mask picks is not known.
  Shape shape(x.shape().begin(), x.shape().begin() + before);
  shape.push_back(1);
  for (size_t i = before + mask.ndim(); i < x.ndim(); ++i) shape.push_back(x.shape()[i]);
  const size_t after = shape.size() - before - 1;
  if (given.ndim() > after) shape[before] = given.shape()[given.ndim() - 1 - after];
  const int64_t count = shape[before];
  if (count == 0) return {};
  Array values = fit_values(given, shape, operation);
  Shape spread = values.shape(), mask_shape(before, 1);
  for (int64_t size : mask.shape()) mask_shape.push_back(size);
  for (size_t i = 0; i < after; ++i) mask_shape.push_back(1);
  if (count > 1) {
    values = make(make_primitive(Gather{static_cast<int>(before)}),
                  {values, numbers_of_values(mask, count)});
  } else {
    Shape one(spread.begin(), spread.begin() + before);
    for (size_t i = 0; i < mask.ndim(); ++i) one.push_back(1);
    for (size_t i = before + 1; i < spread.size(); ++i) one.push_back(spread[i]);
    values = reshape(values, one);
  }
  return where(reshape(mask, mask_shape), updated(x, values, how), x);
}

// Where a number and arrays stand apart, as in x[0, :, a], what is read has the arrays' axes in
// front, as NumPy has them. Values that don't fit that are taken as MLX takes them: the number
// picks a part, in which the arrays' axes are where they stand. Not valid() where that is no other
// order.
Array update_part(const Array& x, const std::vector<Index>& indices, const Array& values,
                  Update how) {
  std::vector<Index> outer, inner;
  bool numbers = false, arrays = false;
  for (const Index& index : indices) {
    if (is_mask(index)) return {};
    if (std::holds_alternative<int64_t>(index)) {
      outer.push_back(index);
      numbers = true;
      continue;
    }
    arrays |= array_of(index) != nullptr;
    inner.push_back(index);
    if (std::holds_alternative<NewAxis>(index)) continue;
    outer.push_back(std::holds_alternative<Ellipsis>(index) ? index : Index(Slice{}));
  }
  if (!numbers || !arrays) return {};
  const Array part = lazulite::index(x, outer);
  return index_update(x, outer, index_update(part, inner, values, how), Update::set);
}

}  // namespace

Array index_update(Array x, const std::vector<Index>& indices, Array values, Update how) {
  const ReleaseOnReturn release(x, values);
  for (const Index& index : indices) {
    if (const Array* array = array_of(index)) expect_array(operation, *array);
  }
  if (how == Update::subtract && x.dtype() == Dtype::bool_) {
    throw Error("index_update: bools cannot be subtracted");
  }
  Array given = astype(values, x.dtype());
  const Shape shape = x.shape();
  if (const Array* mask = only_mask(indices)) {
    Array selected = update_masked(x, indices, *mask, given, how);
    if (selected.valid()) return selected;
  }
  const IndexExpression expression(x, indices, IndexUse::index_update);
  if (!expression.positions().empty()) {
    const Shape wanted = shape_of_points(expression.view().shape(), expression.axes(),
                                         expression.place(), expression.positions()[0].shape());
    if (!fits(given.shape(), wanted)) {
      Array changed = update_part(x, indices, given, how);
      if (changed.valid()) return changed;
    }
  }
  x = {};
  if (expression.positions().empty()) {
    Array fitted = expression.fit_to_part(fit_values(given, expression.result_shape(), operation));
    Array changed = how == Update::set ? fitted : updated(expression.part(), fitted, how);
    return reshape(expression.with_part(changed), shape);
  }
  Array changed = scatter_points(expression.view(), expression.positions(), expression.axes(),
                                 expression.place(), given, how, operation);
  return reshape(expression.with_view(changed), shape);
}

Array ArrayAt::update(Array value, Update how) && {
  return index_update(std::move(array_), indices_, std::move(value), how);
}

Array ArrayAt::update(Scalar value, Update how) && {
  Array values(value, array_.dtype());
  return index_update(std::move(array_), indices_, std::move(values), how);
}

}  // namespace lazulite
