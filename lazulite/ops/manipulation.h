#pragma once

#include <concepts>
#include <utility>
#include <vector>

#include "lazulite/core/array.h"
#include "lazulite/core/release.h"

namespace lazulite {

// Conversion.

/// The elements converted to `dtype` as core/convert.h says (complex to real: the real part; to
/// bool: different from zero).
Array astype(Array x, Dtype dtype);
/// The same array, as a node of its own.
Array alias(Array x);
/// The same array, through which no derivative flows.
Array stop_gradient(Array x);
/// A row-major copy.
Array copy(Array x);
/// The array with its elements in row-major order.
Array contiguous(Array x);

/// The bytes of the elements in row-major order as elements of another dtype; the last axis grows
/// or shrinks with their size. Only between dtypes of one size where the array has no axes.
Array view(Array x, Dtype dtype);

// Shape.

/// The elements in row-major order under another shape; one size may be -1, meaning "the rest".
Array reshape(Array x, const Shape& shape);
/// Axes start to end (inclusive) as one; a zero-dimensional array becomes one of size 1.
Array flatten(Array x, int start_axis = 0, int end_axis = -1);
/// `axis` divided into `shape`, one size of which may be -1.
Array unflatten(Array x, int axis, const Shape& shape);
/// With axes of size 1 inserted, counted in the result.
Array expand_dims(Array x, const Axes& axes);
/// Without the axes, which must have size 1; without all of size 1 if none are given.
Array squeeze(Array x, const Axes& axes = {});
/// With axes of size 1 added as NumPy does until there are 1, 2 or 3.
Array atleast_1d(Array x);
Array atleast_2d(Array x);
Array atleast_3d(Array x);

// Order of axes.

/// Axes in another order: output axis i is axis axes[i]; reversed if none are given.
Array transpose(Array x, const Axes& axes = {});
Array swapaxes(Array x, int axis1, int axis2);
Array moveaxis(Array x, int source, int destination);

// Broadcasting.

Array broadcast_to(Array x, const Shape& shape);
std::vector<Array> broadcast_arrays(std::vector<Array> arrays);

// Parts.

/// One number for each axis.
using Positions = SmallVector<int64_t, 6>;

/// x[start:stop:stride] along every axis under Python's rules: negative positions count from the
/// end, positions beyond the ends are clipped. Without strides: 1.
Array slice(Array x, const Positions& starts, const Positions& stops,
            const Positions& strides = {});
/// `x` with that part replaced by `update`, which is converted to its dtype and broadcast.
Array slice_update(Array x, Array update, const Positions& starts, const Positions& stops,
                   const Positions& strides = {});
/// So many equal parts along `axis`, whose size they must divide.
std::vector<Array> split_equally(Array x, int64_t parts, int axis = 0);
std::vector<Array> split(Array x, std::integral auto parts, int axis = 0) {
  return split_equally(x, parts, axis);
}
/// Parts that begin at 0 and at each of the indices.
std::vector<Array> split(Array x, const std::vector<int64_t>& indices, int axis = 0);
/// The sub-arrays along `axis`, without it.
std::vector<Array> unstack(Array x, int axis = 0);
/// Reversed along the axes; along all if none are given.
Array flip(Array x, const Axes& axes = {});
/// Elements moved by `shift` places along `axis`; what leaves at one end enters at the other.
Array roll(Array x, int64_t shift, int axis);
/// Of the flattened array.
Array roll(Array x, int64_t shift);

/// Elements of the flattened array: at (i, j, …) the one at offset + i * strides[0] + j *
/// strides[1]
/// + …; where no strides are given, those of an array of that shape. One that lies outside of the
/// array is an IndexError where it is computed.
Array as_strided(Array x, const Shape& shape, const Strides& strides, int64_t offset = 0);
Array as_strided(Array x, const Shape& shape);
/// The part of `sizes` elements that begins at starts[i] along axes[i], and at 0 along the others.
/// `starts` are integers, one for each of `axes`; a part that leaves the array is an IndexError
/// where it is computed.
Array slice_at(Array x, Array starts, const Axes& axes, const Shape& sizes);
/// `x` with the part of the shape of `update` that begins there replaced by it; `update` is
/// converted to x's dtype and broadcast to its shape along the other axes.
Array slice_update_at(Array x, Array update, Array starts, const Axes& axes);
/// The n-th differences of neighbours along an axis; of bools, whether they differ.
Array diff(Array x, int n = 1, int axis = -1);

// Joining.

/// Arrays joined along `axis`, promoted to one dtype; all other sizes must be equal.
Array concatenate(std::vector<Array> arrays, int axis = 0);
Array concatenate(std::initializer_list<ListedArray> arrays, int axis = 0);
/// Arrays of equal shape joined along a new axis.
Array stack(std::vector<Array> arrays, int axis = 0);
Array stack(std::initializer_list<ListedArray> arrays, int axis = 0);
/// The array repeated `counts[i]` times along axis i; shorter counts belong to the last axes.
Array tile(Array x, const Shape& counts);
/// Each element `count` times along `axis`.
Array repeat(Array x, int64_t count, int axis);
/// Of the flattened array.
Array repeat(Array x, int64_t count);

/// Numbers of elements added before and after an axis.
using PadWidth = std::pair<int64_t, int64_t>;
/// One width for each axis. Added elements are `value`.
Array pad(Array x, const std::vector<PadWidth>& widths, const Scalar& value = 0);
/// The same width for every axis.
Array pad(Array x, int64_t width, const Scalar& value = 0);
/// Added elements repeat the outermost ones.
Array pad_edge(Array x, const std::vector<PadWidth>& widths);
/// Added elements mirror those inside, the outermost one again (`with_edge`) or not, and once more
/// at the other end where they are not enough.
Array pad_mirrored(Array x, const std::vector<PadWidth>& widths, bool with_edge);

}  // namespace lazulite
