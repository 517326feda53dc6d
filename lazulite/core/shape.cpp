#include "lazulite/core/shape.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lazulite/core/errors.h"

namespace lazulite {

std::string to_string(const Shape& shape) {
  if (shape.size() == 1) return fmt::format("({},)", shape[0]);
  return fmt::format("({})", fmt::join(shape.begin(), shape.end(), ", "));
}

void check_shape(const Shape& shape, size_t element_bytes, const char* operation) {
  auto bytes = static_cast<int64_t>(element_bytes);
  bool fits = true;
  for (int64_t size : shape) {
    if (size < 0) {
      throw Error(fmt::format("{}: shape {} has a negative size", operation, to_string(shape)));
    }
    fits = fits && !__builtin_mul_overflow(bytes, std::max<int64_t>(size, 1), &bytes);
  }
  if (fits) return;
  throw Error(
      fmt::format("{}: an array of shape {} with {} byte{} an element is larger than the "
                  "2^63 - 1 bytes that can be counted",
                  operation, to_string(shape), element_bytes, element_bytes == 1 ? "" : "s"));
}

int64_t add_sizes(int64_t a, int64_t b, const char* operation) {
  int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  throw Error(fmt::format("{}: a size of {} + {} is beyond 2^63 - 1", operation, a, b));
}

int64_t multiply_sizes(int64_t a, int64_t b, const char* operation) {
  int64_t product = 0;
  if (!__builtin_mul_overflow(a, b, &product)) return product;
  throw Error(fmt::format("{}: a size of {} * {} is beyond 2^63 - 1", operation, a, b));
}

int64_t element_count(std::span<const int64_t> shape) {
  int64_t count = 1;
  for (int64_t size : shape) {
    if (__builtin_mul_overflow(count, size, &count)) {
      throw Error(
          fmt::format("an array of shape {} has more elements than the 2^63 - 1 that can be "
                      "counted",
                      to_string(Shape(shape.begin(), shape.end()))));
    }
  }
  return count;
}

Strides row_major_strides(const Shape& shape) {
  Strides strides(shape.size(), 0);
  int64_t step = 1;
  for (size_t axis = shape.size(); axis-- > 0;) {
    strides[axis] = step;
    step *= shape[axis];
  }
  return strides;
}

bool is_row_major(const Shape& shape, const Strides& strides) {
  bool dense = true;
  // Unsigned, as sizes beside an empty axis may be anything.
  uint64_t step = 1;
  for (size_t axis = shape.size(); axis-- > 0;) {
    if (shape[axis] == 0) return true;
    if (shape[axis] != 1 && static_cast<uint64_t>(strides[axis]) != step) dense = false;
    step *= static_cast<uint64_t>(shape[axis]);
  }
  return dense;
}

Shape broadcast_shapes(const Shape& a, const Shape& b, const char* operation) {
  const Shape& longer = a.size() >= b.size() ? a : b;
  const Shape& shorter = a.size() >= b.size() ? b : a;
  Shape out = longer;
  size_t lead = longer.size() - shorter.size();
  for (size_t axis = 0; axis < shorter.size(); ++axis) {
    int64_t x = longer[lead + axis], y = shorter[axis];
    if (x != y && x != 1 && y != 1) {
      throw Error(fmt::format("{}: shapes {} and {} cannot be broadcast together", operation,
                              to_string(a), to_string(b)));
    }
    out[lead + axis] = x == 1 ? y : x;
  }
  return out;
}

Strides broadcast_strides(const Shape& from, const Strides& strides, const Shape& to) {
  Strides out(to.size(), 0);
  size_t lead = to.size() - from.size();
  for (size_t axis = 0; axis < from.size(); ++axis) {
    if (from[axis] == to[lead + axis]) out[lead + axis] = strides[axis];
  }
  return out;
}

int normalize_axis(int axis, size_t ndim, const char* operation) {
  int count = static_cast<int>(ndim);
  if (axis < -count || axis >= count) {
    throw AxisError(fmt::format("{}: axis {} is out of range for an array with {} dimension{}",
                                operation, axis, count, count == 1 ? "" : "s"));
  }
  return axis < 0 ? axis + count : axis;
}

Axes normalize_axes(const Axes& axes, size_t ndim, const char* operation) {
  Axes out;
  for (int axis : axes) out.push_back(normalize_axis(axis, ndim, operation));
  std::sort(out.begin(), out.end());
  auto repeated = std::adjacent_find(out.begin(), out.end());
  if (repeated != out.end()) {
    throw AxisError(fmt::format("{}: axis {} is given twice", operation, *repeated));
  }
  return out;
}

bool reshape_strides(const Shape& shape, const Strides& strides, const Shape& to, Strides& out) {
  out = row_major_strides(to);
  if (element_count(shape) <= 1) return true;
  // Match groups of old axes with groups of new axes of the same product; inside each group the
  // old axes must be contiguous with each other.
  size_t i = 0, j = 0;
  while (i < shape.size() || j < to.size()) {
    size_t i_end = i, j_end = j;
    int64_t left = 1, right = 1;
    do {
      if (left <= right && i_end < shape.size()) {
        left *= shape[i_end++];
      } else if (j_end < to.size()) {
        right *= to[j_end++];
      }
    } while (left != right);
    while (i_end < shape.size() && shape[i_end] == 1) ++i_end;
    while (j_end < to.size() && to[j_end] == 1) ++j_end;
    int64_t inner = 0, expected = 0;
    bool first = true;
    for (size_t axis = i_end; axis-- > i;) {
      if (shape[axis] == 1) continue;
      if (first) {
        inner = strides[axis];
        first = false;
      } else if (strides[axis] != expected) {
        return false;
      }
      expected = strides[axis] * shape[axis];
    }
    int64_t step = first ? 1 : inner;
    for (size_t axis = j_end; axis-- > j;) {
      out[axis] = step;
      step *= to[axis];
    }
    i = i_end;
    j = j_end;
  }
  return true;
}

}  // namespace lazulite
