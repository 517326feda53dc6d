#pragma once

#include <cstddef>

namespace lazulite {

/// How many axes windows may slide along: in time, over images, through volumes.
inline constexpr size_t most_spatial_axes = 3;

}  // namespace lazulite
