#pragma once

#include <cstdint>

namespace lazulite {

/// Grows with every run that has ended with a failure. Whoever has asked and then looked for a
/// failure behind a value need not look again before there are more.
uint64_t failure_count();

}  // namespace lazulite
