#pragma once

#include "lazulite/core/array.h"
#include "lazulite/ops/primitives/indexing.h"

namespace lazulite {

/// Indices into an axis of `size` elements as positions from its start.
Array checked_positions(const Array& indices, int64_t size, IndexUse use, bool wrap = true);

}  // namespace lazulite
