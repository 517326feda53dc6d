#pragma once

#include "lazulite/core/array.h"

namespace lazulite {

// Indices are arrays of integers; negative ones count from the end. One out of range is an
// IndexError with the index, the size and the operation, thrown where a value that depends on it is
// read: values are not known before they are computed.

/// For programs that live with indices out of range: they mean the nearest valid element in what is
/// built from now on, in all threads. Off at the start.
void set_index_clamping(bool clamp);
bool index_clamping();

/// Class labels as positions in [0, classes): any other, a negative one too, is an IndexError as
/// above.
Array checked_labels(const Array& labels, int64_t classes);

/// x[{...}]: NumPy's indexing by numbers, slices, the ellipsis, new axes, arrays of positions and
/// masks. Arrays of positions broadcast against each other, numbers beside them are positions too.
/// Their axes come where they stand if nothing but an ellipsis without axes is between them, else
/// first. Without arrays the result is a view. A mask, an array of bools, has the sizes of the axes
/// that it stands for and picks the elements where it holds, in row-major order: their number is
/// the result's shape, so that the mask is evaluated at once, and no mask can be read by in a
/// function that is compiled or mapped.
Array index(Array x, const std::vector<Index>& indices);
/// A copy of x with `values` applied to the elements that x[{...}] would show. Values are converted
/// to x's dtype, lose axes of size 1 in front that the place has not, and broadcast. Several for
/// one element are applied in their order, half precision in float32; of those that are `set` the
/// last stays, and has the gradient. Quotients of integers are rounded towards zero; bools cannot
/// be subtracted. A mask that stands alone or beside full slices is not evaluated; values for the
/// elements that it picks may be more than there are, but not fewer, which is an error where the
/// result is computed.
Array index_update(Array x, const std::vector<Index>& indices, Array values,
                   Update how = Update::set);

/// The elements of x (over its other axes) at the points whose positions on `axes` the indices, one
/// array for each axis, say. The result has the shape of the indices, which broadcast, and then the
/// other axes.
Array gather(Array x, std::vector<Array> indices, const Axes& axes);
/// A copy of x with `updates`, broadcast to the shape of what `gather` reads, applied at the points
/// as index_update does.
Array scatter(Array x, std::vector<Array> indices, Array updates, const Axes& axes,
              Update how = Update::set);

/// x[..., indices, ...] along `axis`, which gives its place to the indices' shape.
Array take(Array x, Array indices, int axis);
/// Of the flattened array.
Array take(Array x, Array indices);
/// The sub-array at one position of `axis`, which disappears. Throws if out of range.
Array take(Array x, int64_t position, int axis);

/// For each index the element of x at its place, but along `axis` at the index: NumPy's
/// take_along_axis. All axes but `axis` broadcast.
Array take_along_axis(Array x, Array indices, int axis);
/// A copy of x with `values` (broadcast to the indices' shape) where take_along_axis would read. Of
/// several values for one place the last one stays, and has the gradient.
Array put_along_axis(Array x, Array indices, Array values, int axis);
/// The same with `values` added; repeated indices add up, half precision in float32.
Array add_along_axis(Array x, Array indices, Array values, int axis);

/// A copy of x with `updates` added where `take(x, indices, axis)` would read; `updates` are shaped
/// as its result, and repeated indices add up, half precision in float32.
Array scatter_add(Array x, Array indices, Array updates, int axis = 0);

}  // namespace lazulite
