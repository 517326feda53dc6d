#pragma once

#include <span>

#include "lazulite/core/array.h"

namespace lazulite {

/// How many bytes of evaluated arrays are kept alive only by the pending nodes among `pending`:
/// what their evaluation would free. The caller holds one handle to each of them.
size_t pinned_bytes(std::span<const Array> pending);

}  // namespace lazulite
