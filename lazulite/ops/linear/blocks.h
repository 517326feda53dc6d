#pragma once

#include "lazulite/core/array.h"

namespace lazulite {

/// Each element of a mask as a block over the last two axes, cut to the size of what it masks.
Array spread_over_blocks(const Array& mask, int block_size, const Array& masked);

}  // namespace lazulite
