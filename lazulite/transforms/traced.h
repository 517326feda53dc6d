#pragma once

#include <cstdint>

#include "lazulite/core/array.h"

namespace lazulite {

/// Whether the array is computed from an argument of a function that is being traced or mapped, so
/// that it has no value.
bool is_traced(const Array& array);

/// How many nodes the functions that `compile` has traced so far have built: it grows while a trace
/// goes on.
uint64_t traced_node_count();

}  // namespace lazulite
