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

/// NumPy's basic indexing, as x[{...}].
Array index(Array x, const std::vector<Index>& indices);

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
