#pragma once

#include "lazulite/core/buffer.h"

namespace lazulite {

/// Scratch memory of at least `bytes` in a memory space, shared by all runs of the executor, which
/// come one after another. It grows as needed; holders of an earlier one keep theirs.
BufferPtr workspace(MemorySpace& memory, size_t bytes);

}  // namespace lazulite
