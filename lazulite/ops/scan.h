#pragma once

#include <optional>

#include "lazulite/core/array.h"

namespace lazulite {

/// The sums of all elements up to each one along `axis`, or of the flattened array where no axis is
/// given; from the end if `reverse`, and without the element itself unless `inclusive`, so that the
/// first is 0. The shape is the array's (one axis if flattened), the dtype too, but bool gives
/// int32. Integers wrap around.
Array cumsum(Array x, std::optional<int> axis = {}, bool reverse = false, bool inclusive = true);

}  // namespace lazulite
