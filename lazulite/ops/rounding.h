#pragma once

#include "lazulite/ops/elementwise.h"

namespace lazulite {

/// Rounded to so many decimals, of two equally near numbers to the even one; before the point if
/// negative. Integers are rounded exactly and keep their dtype; a multiple of the power of ten that
/// is out of its range wraps around.
Array round(Array x, int decimals);

}  // namespace lazulite
