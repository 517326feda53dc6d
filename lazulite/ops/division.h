#pragma once

#include <utility>

#include "lazulite/core/array.h"

namespace lazulite {

/// The quotients rounded down, and the remainders, of the divisor's sign.
std::pair<Array, Array> divmod(Array x, Array y);

}  // namespace lazulite
