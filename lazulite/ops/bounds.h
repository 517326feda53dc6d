#pragma once

#include <optional>

#include "lazulite/core/array.h"

namespace lazulite {

/// Elements below `low` raised to it, those above `high` lowered to it; NaN stays.
Array clip(Array x, Array low, Array high);
/// A bound that is left out does not limit.
Array clip(Array x, const std::optional<Scalar>& low, const std::optional<Scalar>& high);

/// NaN replaced by `nan`, infinities by the given numbers or the largest finite ones.
Array nan_to_num(Array x, double nan = 0, std::optional<double> posinf = std::nullopt,
                 std::optional<double> neginf = std::nullopt);

}  // namespace lazulite
