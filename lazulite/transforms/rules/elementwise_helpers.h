#pragma once

#include "lazulite/core/array.h"

// Factors of the rows' derivatives that take more than a line if they are to be right everywhere:
// without overflow on the way, and with their limits at infinities. Written in public operations,
// so that they can be differentiated again.

namespace lazulite {

/// x / hypot(x, y): how the length of (x, y) grows with x. 0 at the origin; of two infinities they
/// count as equal.
Array direction(const Array& x, const Array& y);

/// y / (x^2 + y^2): how the angle of (x, y) from the second axis grows with x. NaN at the origin.
Array turn(const Array& x, const Array& y);

/// exp(x) / (exp(x) + exp(y)): a half for equal ones, but 0 where both are -inf, a sum of nothing.
Array share_of_sum(const Array& x, const Array& y);

/// 1 / (1 + x^2), also of complex numbers.
Array inverse_of_square_plus_one(const Array& x);

/// 1 / sqrt(1 + x^2), also of complex numbers.
Array inverse_root_of_square_plus_one(const Array& x);

/// y x^(y - 1), where `power` is x^y; 0 where y is 0, and where an infinite y makes the power 0.
Array slope_of_power(const Array& x, const Array& y, const Array& power);

/// x^y log(x), where `power` is x^y; 0 where that is 0, and where x and y are.
Array growth_of_power(const Array& x, const Array& y, const Array& power);

/// How x / |x| changes where a complex x changes so: across its direction only. Its own adjoint as
/// a map of the plane. No array where x is real, and 0 where it is 0.
Array turn_of_sign(const Array& change, const Array& x, const Array& sign);

Array slope_of_erf(const Array& x);
Array slope_of_silu(const Array& x);
Array slope_of_gelu(const Array& x);
Array slope_of_gelu_approx(const Array& x);
Array slope_of_mish(const Array& x);

}  // namespace lazulite
