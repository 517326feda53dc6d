#include "lazulite/backends/cpu/primitives/scratch.h"

#include <vector>

#include "lazulite/core/memory.h"

namespace lazulite::cpu {
namespace {

// Larger ones go back to the allocator, which serves others with them too.
constexpr size_t most_kept = size_t{16} << 20;

struct Block {
  void* memory = nullptr;
  size_t bytes = 0;
};

struct Blocks {
  std::vector<Block> by_depth;
  size_t depth = 0;

  ~Blocks();
};

// In the memory that each thread starts with, which is found without a call; and the leak sanitizer
// stumbles over what opened libraries add to the threads of OpenMP later.
#ifdef __linux__
#define LAZULITE_STATIC_TLS [[gnu::tls_model("initial-exec")]]
#else
#define LAZULITE_STATIC_TLS
#endif
LAZULITE_STATIC_TLS thread_local Blocks blocks;
// A thread may still compute when its blocks are gone: in destructors, and in exit handlers.
LAZULITE_STATIC_TLS thread_local bool gone = false;

Blocks::~Blocks() {
  gone = true;
  for (const Block& block : by_depth) {
    if (block.memory) host_memory().release(block.memory, block.bytes);
  }
}

}  // namespace

Scratch::Scratch(size_t bytes) {
  if (gone) {
    own_bytes_ = bytes;
    memory_ = static_cast<std::byte*>(host_memory().allocate(bytes));
    return;
  }
  if (blocks.depth == blocks.by_depth.size()) blocks.by_depth.emplace_back();
  Block& block = blocks.by_depth[blocks.depth];
  if (block.bytes < bytes) {
    if (block.memory) host_memory().release(block.memory, block.bytes);
    block = {};
    block.memory = host_memory().allocate(bytes);
    block.bytes = bytes;
  }
  memory_ = static_cast<std::byte*>(block.memory);
  ++blocks.depth;
}

Scratch::~Scratch() {
  if (gone) {
    host_memory().release(memory_, own_bytes_);
    return;
  }
  Block& block = blocks.by_depth[--blocks.depth];
  if (block.bytes <= most_kept) return;
  host_memory().release(block.memory, block.bytes);
  block = {};
}

}  // namespace lazulite::cpu
