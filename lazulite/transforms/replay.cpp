#include "lazulite/transforms/replay.h"

#include <set>
#include <unordered_set>

#include "lazulite/core/node.h"
#include "lazulite/ops/primitives/primitive.h"
#include "lazulite/transforms/tape.h"

namespace lazulite {

Recent recent_part(const Arrays& results, uint64_t first) {
  Recent part;
  std::unordered_set<Node*> seen;
  std::set<std::pair<Node*, uint32_t>> leaves;
  std::vector<std::pair<Array, uint32_t>> stack;  // a node and the next of its inputs to visit
  std::lock_guard lock(graph_mutex());
  auto enter = [&](const Array& array) {
    Node* node = array.node();
    if (node->sequence >= first && node->primitive) {
      if (seen.insert(node).second) stack.emplace_back(Array(node, 0), 0);
      return;
    }
    bool matters = node->retained() || array.size() > 1;
    if (matters && leaves.insert({node, array.output()}).second) part.leaves.push_back(array);
  };
  for (const Array& result : results) {
    enter(result);
    while (!stack.empty()) {
      auto& [array, next] = stack.back();
      Node* node = array.node();
      if (next < node->inputs.size()) {
        enter(node->inputs[next++]);
      } else {
        part.nodes.push_back(std::move(array));
        stack.pop_back();
      }
    }
  }
  return part;
}

Arrays replay(const Arrays& results, const Recent& part, const Arrays& leaves,
              const Arrays& replacements) {
  Notes again;
  for (size_t i = 0; i < leaves.size(); ++i) again[leaves[i]] = replacements[i];
  auto now = [&](const Array& array) {
    Array found = again.get(array.node(), array.output());
    return found.valid() ? found : array;
  };
  for (const Array& array : part.nodes) {
    Node* node = array.node();
    SmallVector<Array, 2> inputs;
    bool changed = false;
    for (const Array& input : node->inputs) {
      inputs.push_back(now(input));
      changed |= !inputs.back().is_same(input);
    }
    if (!changed) continue;
    StreamScope scope(node->stream);
    std::vector<Array> outputs = remake(node->primitive, std::move(inputs));
    for (uint32_t i = 0; i < outputs.size(); ++i) {
      Array& note = again[Array(node, i)];
      if (!note.valid()) note = outputs[i];
    }
  }
  Arrays out;
  for (const Array& result : results) out.push_back(now(result));
  return out;
}

}  // namespace lazulite
