#pragma once

#include "lazulite/core/buffer.h"

namespace lazulite {

/// Scratch memory of at least `bytes` in a memory space, shared by all runs that come one after
/// another: those of one stream of an asynchronous device, and all that the executor runs itself
/// (stream 0 of the host's memory). It grows as needed; holders of an earlier one keep theirs. A
/// large one is given back once several runs on end have needed less than half of it. With 0 bytes,
/// for a run that needs none, null.
BufferPtr workspace(MemorySpace& memory, int stream, size_t bytes);

}  // namespace lazulite
