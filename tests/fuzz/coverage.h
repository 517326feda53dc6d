#pragma once

#include <cstdint>
#include <string>

namespace lazulite::fuzz {

/// Which primitives, rows and calls no program of so many seeds reaches, as lines; the lists are
/// the library's own.
std::string unreached(uint64_t seeds);

}  // namespace lazulite::fuzz
