#pragma once

#include <cstddef>

#include "lazulite/core/shape.h"

namespace lazulite::cpu {

// Writes elements `start` to start + n, in row-major order, of a strided array side by side. An
// element has 1, 2, 4 or 8 bytes.
void gather(void* out, const void* base, const Shape& shape, const Strides& strides, int64_t start,
            int64_t n, size_t element_size);

// The same of one axis, from its first element on.
void gather_axis(void* out, const void* first, int64_t stride, int64_t n, size_t element_size);

}  // namespace lazulite::cpu
