#include "lazulite/program/spare_buffers.h"

#include <algorithm>

namespace lazulite {
namespace {

// Larger ones are left to the allocator's cache, which every plan shares.
constexpr size_t most_bytes = 4096;
// A loop holds the results of a step or two; whoever keeps more gets buffers of his own.
constexpr size_t most_kept = 16;

}  // namespace

BufferPtr SpareBuffers::take(MemorySpace& memory, size_t bytes) {
  std::lock_guard lock(mutex_);
  std::erase_if(kept_, [](const BufferPtr& buffer) { return buffer->exported(); });
  for (const BufferPtr& buffer : kept_) {
    if (buffer->bytes() != bytes || buffer->use_count() != 1) continue;
    buffer->writable(memory);
    return buffer;
  }
  BufferPtr buffer(new Buffer(bytes));
  buffer->writable(memory);
  if (bytes <= most_bytes && kept_.size() < most_kept) kept_.push_back(buffer);
  return buffer;
}

}  // namespace lazulite
