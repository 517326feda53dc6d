#pragma once

#include <cstdint>

namespace lazulite::cpu {

// For outer rows of x: (outer, size, inner), the position along `size` of the extreme element, the
// first of equals; a NaN is the extreme.
void arg_extreme(bool maximum, const float* x, int64_t outer, int64_t size, int64_t inner,
                 uint32_t* y);

}  // namespace lazulite::cpu
