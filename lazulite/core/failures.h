#pragma once

#include <cstdint>

namespace lazulite {

/// How many runs have ended with a failure. Whoever has looked for one behind a value need not look
/// again before there are more.
uint64_t failure_count();

}  // namespace lazulite
