#pragma once

#include "lazulite/core/array.h"
#include "lazulite/ops/primitives/views.h"

namespace lazulite {

/// The elements that a slice picks of an axis.
struct SliceRange {
  int64_t start;
  int64_t count;
  int64_t step;
};

/// Python's rules: negative positions count from the end, positions beyond the ends are clipped.
SliceRange slice_range(const Slice& slice, int64_t size, const char* operation);

/// The elements that SliceView shows; its arguments are taken as they are.
Array slice_view(const Array& x, const Starts& starts, const Starts& steps, const Shape& shape);

}  // namespace lazulite
