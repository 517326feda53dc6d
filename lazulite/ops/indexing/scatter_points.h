#pragma once

#include <vector>

#include "lazulite/core/array.h"

namespace lazulite {

/// `x how y` element by element, in the dtype of both; quotients of integers are rounded towards
/// zero.
Array updated(const Array& x, const Array& y, Update how);

/// x with `values`, of its dtype and of any shape that broadcasts to that of what would be
/// gathered, applied one by one at the positions, which are checked and of one shape.
Array scatter_points(const Array& x, const std::vector<Array>& positions, const Axes& axes,
                     int place, const Array& values, Update how, const char* operation);

/// Whether values of the shape `given` fit a place of `shape`, as `fit_values` makes them.
bool fits(Shape given, const Shape& shape);
/// `values` without axes of size 1 in front that `shape` lacks, and with those that it has. Throws
/// unless they broadcast to it.
Array fit_values(const Array& values, const Shape& shape, const char* operation);

}  // namespace lazulite
