#include "lazulite/program/workspace.h"

#include <map>

namespace lazulite {
namespace {

// Larger ones are not worth keeping for the next run.
constexpr size_t most_kept = size_t{1} << 30;
// Smaller ones stay whatever the next runs need.
constexpr size_t always_kept = size_t{16} << 20;
// So many runs that need less than half of a workspace show that it will hardly be needed.
constexpr int runs_without_need = 16;

struct Kept {
  BufferPtr buffer;
  int runs = 0;  // on end that needed less than half of it
};

}  // namespace

BufferPtr workspace(MemorySpace& memory, int stream, size_t bytes) {
  // Never destroyed: runs may outlive static objects.
  static auto* mutex = new std::mutex;
  static auto* all = new std::map<std::pair<MemorySpace*, int>, Kept>;
  std::lock_guard lock(*mutex);
  Kept& kept = (*all)[{&memory, stream}];
  const size_t size = kept.buffer ? kept.buffer->bytes() : 0;
  kept.runs = size > always_kept && bytes < size / 2 ? kept.runs + 1 : 0;
  if (kept.runs >= runs_without_need) kept = {};
  if (bytes == 0) return {};
  if (kept.buffer && kept.buffer->bytes() >= bytes) return kept.buffer;
  BufferPtr buffer(new Buffer(bytes));
  if (bytes <= most_kept) {
    kept = {};  // freed first, so that both need not fit
    buffer->writable(memory);
    kept.buffer = buffer;
  } else {
    buffer->writable(memory);
  }
  return buffer;
}

}  // namespace lazulite
