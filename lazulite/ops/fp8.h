#pragma once

#include "lazulite/core/array.h"

namespace lazulite {

/// Floating numbers in 8 bits (sign, 4 bits of exponent, 3 of mantissa; no infinities), as uint8.
/// Rounded to nearest even; what is beyond the largest, 448, and NaN become 448.
Array to_fp8(Array x);
/// The numbers that such uint8 stand for, as a floating dtype. 127 and 255 are NaN.
Array from_fp8(Array x, Dtype dtype = Dtype::bfloat16);

}  // namespace lazulite
