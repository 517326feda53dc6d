#include "lazulite/transforms/traced.h"

#include <algorithm>
#include <mutex>

#include "lazulite/core/node.h"
#include "lazulite/core/release.h"
#include "lazulite/program/linearize.h"

namespace lazulite {

bool is_traced(const Array& array) {
  expect_array("is_traced", array);
  auto is_placeholder = [](Node* node) { return node->state() == Node::State::placeholder; };
  if (is_placeholder(array.node())) return true;
  std::lock_guard lock(graph_mutex());
  Node* root = array.node();
  for (Node* node : topological_order(std::vector<Node*>{root})) {
    auto of_argument = [&](const Array& input) { return is_placeholder(input.node()); };
    if (std::any_of(node->inputs.begin(), node->inputs.end(), of_argument)) return true;
  }
  return false;
}

}  // namespace lazulite
