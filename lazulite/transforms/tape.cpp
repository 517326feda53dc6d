#include "lazulite/transforms/tape.h"

#include <algorithm>

namespace lazulite {

// Inputs are older than their users, so that nothing older than the oldest source can matter.
Tape record(const Arrays& results, const Arrays& sources) {
  Tape tape;
  std::unordered_map<Node*, bool> depends;
  uint64_t oldest = ~uint64_t{0};
  for (const Array& source : sources) {
    depends[source.node()] = true;
    oldest = std::min(oldest, source.node()->sequence);
  }
  std::lock_guard lock(graph_mutex());
  std::vector<std::pair<Node*, uint32_t>> stack;
  auto enter = [&](Node* node) {
    if (node->sequence < oldest || !node->retained()) return;
    if (depends.emplace(node, false).second) stack.emplace_back(node, 0);
  };
  for (const Array& result : results) {
    enter(result.node());
    while (!stack.empty()) {
      auto& [node, next] = stack.back();
      if (next < node->inputs.size()) {
        enter(node->inputs[next++].node());
        continue;
      }
      for (const Array& input : node->inputs) {
        auto at = depends.find(input.node());
        if (at != depends.end() && at->second) depends[node] = true;
      }
      if (depends[node]) tape.nodes.emplace_back(node, 0);
      stack.pop_back();
    }
  }
  std::sort(tape.nodes.begin(), tape.nodes.end(),
            [](const Array& a, const Array& b) { return a.node()->sequence < b.node()->sequence; });
  for (const Array& source : sources) tape.position.emplace(source.node(), 0);
  for (const Array& node : tape.nodes) tape.position.emplace(node.node(), 0);
  return tape;
}

}  // namespace lazulite
