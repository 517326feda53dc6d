#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "lazulite/core/small_vector.h"

namespace lazulite {

/// Sizes of an array's axes, outermost first; empty for a zero-dimensional array.
using Shape = SmallVector<int64_t, 6>;
/// Distance between neighbours along each axis, in elements; 0 where broadcast, may be negative.
using Strides = SmallVector<int64_t, 6>;
/// Axis numbers.
using Axes = SmallVector<int, 6>;

/// "(2, 3)", "(4,)", "()".
std::string to_string(const Shape& shape);

/// Throws unless an array of this shape is possible: no size is negative, and its elements, were
/// each empty axis to have one, take less than 2^63 bytes. Then no count, stride or offset of it
/// overflows. Every array passes here when it is made; there is no limit to the number of axes.
void check_shape(const Shape& shape, size_t element_bytes, const char* operation);
/// Sizes of shapes that are still to be made; throws where int64 cannot hold them.
int64_t add_sizes(int64_t a, int64_t b, const char* operation);
int64_t multiply_sizes(int64_t a, int64_t b, const char* operation);

/// Product of the sizes; 1 for a zero-dimensional shape. Throws where int64 cannot hold it.
int64_t element_count(std::span<const int64_t> shape);
inline int64_t element_count(const Shape& shape) {
  return element_count(std::span(shape.data(), shape.size()));
}

/// Strides of a row-major array.
Strides row_major_strides(const Shape& shape);
/// Whether elements lie in row-major order without gaps (axes of size 1 may have any stride).
bool is_row_major(const Shape& shape, const Strides& strides);

/// The common shape of both under NumPy's rules. `operation` names the caller in the error.
Shape broadcast_shapes(const Shape& a, const Shape& b, const char* operation);
/// Strides of an array of `from` read as if it had shape `to`; `from` must broadcast to `to`.
Strides broadcast_strides(const Shape& from, const Strides& strides, const Shape& to);

/// `axis` counted from the end if negative; throws if out of range.
int normalize_axis(int axis, size_t ndim, const char* operation);
/// Sorted, distinct, non-negative axes; throws if one is out of range or repeated.
Axes normalize_axes(const Axes& axes, size_t ndim, const char* operation);

/// Strides under which the elements of (shape, strides) read in row-major order have shape `to`
/// without a copy. Returns false where only a copy would do.
bool reshape_strides(const Shape& shape, const Strides& strides, const Shape& to, Strides& out);

/// Calls f(offset) for every element in row-major order, `offset` in elements.
template <class F>
void for_each_offset(const Shape& shape, const Strides& strides, F&& f) {
  int64_t count = element_count(shape);
  SmallVector<int64_t, 6> index(shape.size(), 0);
  int64_t offset = 0;
  for (int64_t i = 0; i < count; ++i) {
    f(offset);
    for (size_t axis = shape.size(); axis-- > 0;) {
      offset += strides[axis];
      if (++index[axis] < shape[axis]) break;
      offset -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
}

}  // namespace lazulite
