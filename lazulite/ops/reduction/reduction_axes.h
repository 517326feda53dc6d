#pragma once

#include "lazulite/core/array.h"

namespace lazulite {

/// The axes sorted and counted from the front; all of them if none are given.
Axes reduction_axes(const Array& x, const Axes& axes, const char* operation);

/// `shape` without the axes, or with size 1 in their places.
Shape reduced_shape(const Shape& shape, const Axes& axes, bool keepdims);

}  // namespace lazulite
