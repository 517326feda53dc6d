#pragma once

#include <mutex>
#include <vector>

#include "lazulite/core/buffer.h"

namespace lazulite {

/// Small buffers that one plan's runs use in turn: a loss, a step count, a random key. Such results
/// cannot take an input's memory, and with these a run that is warm asks the allocator for nothing.
class SpareBuffers {
 public:
  /// A buffer of `bytes` with memory in `memory` that nobody else holds; throws OutOfMemory.
  BufferPtr take(MemorySpace& memory, size_t bytes);

 private:
  std::mutex mutex_;
  std::vector<BufferPtr> kept_;
};

}  // namespace lazulite
