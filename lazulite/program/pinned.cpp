#include "lazulite/program/pinned.h"

#include <unordered_map>
#include <unordered_set>

#include "lazulite/core/node.h"

namespace lazulite {

size_t pinned_bytes(std::span<const Array> pending) {
  std::unordered_map<Node*, uint32_t> uses;
  std::lock_guard lock(graph_mutex());
  for (const Array& array : pending) {
    if (array.node()->state() != Node::State::pending) continue;
    for (const Array& input : array.node()->inputs) {
      if (input.node()->has_value()) ++uses[input.node()];
    }
  }
  size_t bytes = 0;
  std::unordered_set<const Buffer*> seen;
  for (const auto& [leaf, count] : uses) {
    if (leaf->use_count() > count) continue;
    for (const Output& output : leaf->outputs) {
      const Buffer* buffer = output.buffer.buffer().get();
      if (buffer && seen.insert(buffer).second) bytes += buffer->bytes();
    }
  }
  return bytes;
}

}  // namespace lazulite
