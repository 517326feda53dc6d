#pragma once

#include "lazulite/ops/elementwise.h"

namespace lazulite {

/// Rounded to so many decimals, of two equally near numbers to the even one; before the point if
/// negative. Integers keep their dtype.
Array round(Array x, int decimals);

}  // namespace lazulite
