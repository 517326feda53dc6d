#pragma once

#include "fuzz/program.h"

namespace lazulite::fuzz {

/// The program of a seed: the same on every machine.
Program generate(uint64_t seed);

}  // namespace lazulite::fuzz
