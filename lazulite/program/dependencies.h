#pragma once

#include <span>

#include "lazulite/program/arena.h"
#include "lazulite/program/launch.h"

namespace lazulite {

/// Which launches come before which because one needs what the other writes, or writes over what
/// the other touches. Their operands lie in slots, of which there are `slots`.
Before dependencies(std::span<const Launch> launches, size_t slots);

}  // namespace lazulite
