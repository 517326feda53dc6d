#include "lazulite/program/workspace.h"

#include <map>

namespace lazulite {
namespace {

// Larger ones are not worth keeping for the next run.
constexpr size_t most_kept = size_t{1} << 30;

}  // namespace

BufferPtr workspace(MemorySpace& memory, int stream, size_t bytes) {
  // Never destroyed: runs may outlive static objects.
  static auto* mutex = new std::mutex;
  static auto* kept = new std::map<std::pair<MemorySpace*, int>, BufferPtr>;
  std::lock_guard lock(*mutex);
  BufferPtr& current = (*kept)[{&memory, stream}];
  if (current && current->bytes() >= bytes) return current;
  BufferPtr buffer(new Buffer(bytes));
  if (bytes <= most_kept) {
    current = BufferPtr();  // freed first, so that both need not fit
    buffer->writable(memory);
    current = buffer;
  } else {
    buffer->writable(memory);
  }
  return buffer;
}

}  // namespace lazulite
