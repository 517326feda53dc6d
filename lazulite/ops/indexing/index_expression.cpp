#include "lazulite/ops/indexing/index_expression.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/indexing/positions.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/manipulation/slice_range.h"
#include "lazulite/ops/primitives.h"

namespace lazulite {
namespace {

const char* operation_of(IndexUse use) { return use == IndexUse::index ? "index" : "index_update"; }

// The places, counted in row-major order, where a mask holds.
Array places_of(const Array& mask) {
  const bool* holds = mask.data<bool>();
  const int64_t size = mask.size();
  auto collect = [&]<class T>(TypeTag<T>) {
    // One more, so that each place can be written before it is known to count.
    std::vector<T> places(static_cast<size_t>(std::count(holds, holds + size, true)) + 1);
    size_t found = 0;
    for (int64_t i = 0; i < size; ++i) {
      places[found] = static_cast<T>(i);
      found += holds[i];
    }
    places.pop_back();
    return Array(places);
  };
  const bool narrow = size <= std::numeric_limits<int32_t>::max();
  return narrow ? collect(TypeTag<int32_t>()) : collect(TypeTag<int64_t>());
}

// The indices with the ellipsis written out and one entry for each axis of `x`, and new axes. A
// mask is the places where it holds, for its axes as one.
struct SpelledOut {
  Array x;
  std::vector<Index> entries;
  std::vector<bool> known_to_fit;  // for each entry, whether it is such places
};

SpelledOut spell_out(const Array& x, const std::vector<Index>& indices, const char* operation) {
  SpelledOut out;
  Shape shape;
  size_t axis = 0;
  bool merged = false;
  auto append = [&](Index entry, bool fits) {
    out.entries.push_back(std::move(entry));
    out.known_to_fit.push_back(fits);
  };
  auto leave = [&](size_t count) {
    for (; count > 0; --count) {
      append(Slice{}, false);
      shape.push_back(x.shape()[axis++]);
    }
  };
  const size_t left = axes_left(x, indices, operation);
  bool has_ellipsis = false;
  for (const Index& index : indices) {
    if (std::holds_alternative<Ellipsis>(index)) {
      has_ellipsis = true;
      leave(left);
    } else if (std::holds_alternative<NewAxis>(index)) {
      append(index, false);
    } else if (is_mask(index)) {
      const Array& mask = *array_of(index);
      expect_mask_fits(x, mask, axis, operation);
      append(places_of(mask), true);
      shape.push_back(mask.size());
      axis += mask.ndim();
      merged |= mask.ndim() != 1;
    } else {
      append(index, false);
      shape.push_back(x.shape()[axis++]);
    }
  }
  if (!has_ellipsis) leave(left);
  out.x = merged ? reshape(x, shape) : x;
  return out;
}

}  // namespace

const Array* array_of(const Index& index) { return std::get_if<Array>(&index); }

bool is_mask(const Index& index) {
  const Array* array = array_of(index);
  return array && array->dtype() == Dtype::bool_;
}

size_t axes_left(const Array& x, const std::vector<Index>& indices, const char* operation) {
  size_t used = 0, ellipses = 0;
  for (const Index& index : indices) {
    if (std::holds_alternative<Ellipsis>(index)) {
      ++ellipses;
    } else if (const Array* array = array_of(index)) {
      expect_array(operation, *array);
      used += is_mask(index) ? array->ndim() : 1;
    } else if (!std::holds_alternative<NewAxis>(index)) {
      ++used;
    }
  }
  if (ellipses > 1) throw Error(fmt::format("{}: only one ellipsis is possible", operation));
  if (used > x.ndim()) {
    throw Error(fmt::format("{}: {} indices are too many for an array of shape {}", operation, used,
                            to_string(x.shape())));
  }
  return x.ndim() - used;
}

void expect_mask_fits(const Array& x, const Array& mask, size_t axis, const char* operation) {
  const auto first = x.shape().begin() + static_cast<std::ptrdiff_t>(axis);
  if (std::equal(mask.shape().begin(), mask.shape().end(), first)) return;
  throw Error(fmt::format("{}: a mask of shape {} does not fit the axes from {} on of shape {}",
                          operation, to_string(mask.shape()), axis, to_string(x.shape())));
}

IndexExpression::IndexExpression(const Array& x, const std::vector<Index>& indices, IndexUse use) {
  const char* operation = operation_of(use);
  SpelledOut spelled = spell_out(x, indices, operation);
  base_ = spelled.x;
  const std::vector<Index>& entries = spelled.entries;
  const bool has_arrays = std::any_of(entries.begin(), entries.end(), array_of);
  const bool keeps_numbers = has_arrays && use == IndexUse::index_update;
  // The first and the last entry that is a position, and how many are.
  size_t first = entries.size(), last = 0, count = 0;
  int others = 0, others_before = 0;
  for (size_t i = 0; i < entries.size(); ++i) {
    const Index& entry = entries[i];
    const size_t view_axis = shape_.size();
    const auto* number = std::get_if<int64_t>(&entry);
    const Array* array = array_of(entry);
    if (number || array) {
      if (count++ == 0) {
        first = i;
        others_before = others;
      }
      last = i;
    } else {
      ++others;
    }
    if (std::holds_alternative<NewAxis>(entry)) {
      new_axes_.push_back(view_axis);
      shape_.push_back(1);
      continue;
    }
    const size_t axis = part_.size();
    const int64_t size = base_.shape()[axis];
    SliceRange range{0, size, 1};
    int64_t position = 0;
    if (number) {
      if (*number < -size || *number >= size) {
        throw IndexError(fmt::format("{}: {} is out of range for axis {} of shape {}", operation,
                                     *number, axis, to_string(x.shape())));
      }
      position = *number < 0 ? *number + size : *number;
      if (!keeps_numbers) range = {position, 1, 1};
    } else if (const Slice* slice = std::get_if<Slice>(&entry)) {
      range = slice_range(*slice, size, operation);
    }
    starts_.push_back(range.start);
    steps_.push_back(range.step);
    part_.push_back(range.count);
    if (number && !keeps_numbers) {
      dropped_.push_back(axis);
      continue;
    }
    shape_.push_back(range.count);
    if (array || number) axes_.push_back(static_cast<int>(view_axis));
    if (array) {
      positions_.push_back(spelled.known_to_fit[i] ? *array : checked_positions(*array, size, use));
    } else if (number) {
      const bool narrow = size <= std::numeric_limits<int32_t>::max();
      positions_.emplace_back(Scalar(position), narrow ? Dtype::int32 : Dtype::int64);
    }
  }
  if (count > 0 && last - first + 1 == count) place_ = others_before;
  if (positions_.size() > 1) {
    Shape common;
    for (const Array& array : positions_) {
      common = broadcast_shapes(common, array.shape(), operation);
    }
    for (Array& array : positions_) array = broadcast_to(array, common);
  }
}

Array IndexExpression::part() const { return slice_view(base_, starts_, steps_, part_); }

Array IndexExpression::view() const { return reshape(part(), shape_); }

bool IndexExpression::shows_all() const {
  return part_ == base_.shape() &&
         std::all_of(steps_.begin(), steps_.end(), [](int64_t step) { return step == 1; });
}

Array IndexExpression::with_part(const Array& values) const {
  if (element_count(part_) == 0) return base_;
  Array part = broadcast_to(values, part_);
  if (shows_all()) return part;
  return make(make_primitive(SliceUpdate{starts_, steps_}), {base_, part});
}

Array IndexExpression::with_view(const Array& view) const {
  return with_part(reshape(view, part_));
}

Shape IndexExpression::result_shape() const {
  if (positions_.empty()) return shape_;
  return shape_of_points(shape_, axes_, place_, positions_[0].shape());
}

Array IndexExpression::fit_to_part(const Array& values) const {
  Shape fitted;
  size_t view_axis = 0;
  for (size_t axis = 0; axis < part_.size(); ++axis) {
    const bool dropped = std::find(dropped_.begin(), dropped_.end(), axis) != dropped_.end();
    while (!dropped &&
           std::find(new_axes_.begin(), new_axes_.end(), view_axis) != new_axes_.end()) {
      ++view_axis;
    }
    fitted.push_back(dropped ? 1 : values.shape()[view_axis++]);
  }
  return reshape(values, fitted);
}

}  // namespace lazulite
