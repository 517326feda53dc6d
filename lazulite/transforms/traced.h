#pragma once

#include "lazulite/core/array.h"

namespace lazulite {

/// Whether the array is computed from an argument of a function that is being traced or mapped, so
/// that it has no value.
bool is_traced(const Array& array);

}  // namespace lazulite
