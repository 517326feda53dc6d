#pragma once

#include <cstdint>

#include "lazulite/core/small_vector.h"

namespace lazulite {

/// Instructions of the program that a plan was made of, by their places in it. Few, mostly one.
using Sources = SmallVector<uint32_t, 6>;

}  // namespace lazulite
