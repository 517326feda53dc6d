#pragma once

#include <unordered_map>
#include <utility>

#include "lazulite/core/node.h"
#include "lazulite/transforms/signature.h"

namespace lazulite {

/// The part of a graph between sources and results.
struct Tape {
  Arrays nodes;  ///< one array for each node that depends on a source, oldest first
  std::unordered_map<Node*, size_t> position;  ///< has these nodes and the sources
};

/// Follows the retained nodes from the results back to the sources, which must be marked with
/// `differentiable` before they are used.
Tape record(const Arrays& results, const Arrays& sources);

/// Arrays noted for the outputs of nodes, which must live as long.
class Notes {
 public:
  Array get(Node* node, uint32_t output) const {
    auto found = arrays_.find({node, output});
    return found == arrays_.end() ? Array() : found->second;
  }
  Array& operator[](const Array& array) { return arrays_[{array.node(), array.output()}]; }

 private:
  struct Hash {
    size_t operator()(const std::pair<Node*, uint32_t>& key) const {
      return std::hash<Node*>()(key.first) * 31 + key.second;
    }
  };
  std::unordered_map<std::pair<Node*, uint32_t>, Array, Hash> arrays_;
};

}  // namespace lazulite
