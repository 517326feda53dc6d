#include "lazulite/program/linearize.h"

#include <algorithm>
#include <unordered_map>

#include "lazulite/core/errors.h"
#include "lazulite/core/node.h"
#include "lazulite/ops/primitives/primitive.h"

namespace lazulite {
namespace {

uint64_t next_walk() {
  static uint64_t counter = 0;  // guarded by the graph's mutex
  return ++counter;
}

struct LeafHash {
  size_t operator()(const std::pair<Node*, uint32_t>& leaf) const {
    return std::hash<Node*>()(leaf.first) * 31 + leaf.second;
  }
};

}  // namespace

std::vector<Node*> topological_order(std::span<Node* const> roots) {
  std::vector<Node*> order;
  uint64_t walk = next_walk();
  std::vector<std::pair<Node*, uint32_t>> stack;  // a node and the next of its inputs to visit
  auto enter = [&](Node* node) {
    if (node->walk == walk || node->state() != Node::State::pending) return;
    node->walk = walk;
    stack.emplace_back(node, 0);
  };
  for (Node* root : roots) {
    enter(root);
    while (!stack.empty()) {
      auto& [node, next] = stack.back();
      if (next < node->inputs.size()) {
        enter(node->inputs[next++].node());
      } else {
        order.push_back(node);
        stack.pop_back();
      }
    }
  }
  return order;
}

uint64_t number_nodes(std::span<Node* const> nodes) {
  const uint64_t walk = next_walk();
  for (size_t i = 0; i < nodes.size(); ++i) {
    nodes[i]->walk = walk;
    nodes[i]->index = static_cast<uint32_t>(i);
  }
  return walk;
}

std::vector<uint32_t> origins_of_checks(std::span<Node* const> nodes) {
  std::vector<uint32_t> origins;
  for (Node* node : nodes) {
    if (!node->origin || !may_refuse(*node->primitive)) continue;
    bool is_new = std::find(origins.begin(), origins.end(), node->origin) == origins.end();
    if (is_new) origins.push_back(node->origin);
  }
  return origins;
}

std::vector<uint32_t> origins_of_nodes(std::span<Node* const> nodes) {
  std::vector<uint32_t> origins;
  origins.reserve(nodes.size());
  for (Node* node : nodes) origins.push_back(node->origin);
  return origins;
}

void append_nodes(Program& program, std::span<Node* const> nodes,
                  const std::function<ValueId(const Array&)>& value_of_leaf) {
  uint64_t walk = next_walk();
  program.instructions.reserve(program.instructions.size() + nodes.size());
  program.values.reserve(program.values.size() + 2 * nodes.size());
  std::unordered_map<std::pair<Node*, uint32_t>, ValueId, LeafHash> leaves;
  for (Node* node : nodes) {
    Instruction instruction{node->primitive, nullptr, {}, {}, node->stream};
    for (const Array& input : node->inputs) {
      if (input.node()->walk == walk) {
        instruction.inputs.push_back(input.node()->index + input.output());
        continue;
      }
      auto [at, added] = leaves.try_emplace({input.node(), input.output()}, 0);
      if (added) at->second = value_of_leaf(input);
      instruction.inputs.push_back(at->second);
    }
    node->walk = walk;
    node->index = static_cast<uint32_t>(program.values.size());
    for (const Output& output : node->outputs) {
      instruction.outputs.push_back(program.add_value(output.shape, output.dtype));
    }
    program.instructions.push_back(std::move(instruction));
  }
}

std::vector<ValueId> append_graph(Program& program, std::span<const Array> inputs,
                                  std::span<const ValueId> input_values,
                                  std::span<const Array> results) {
  std::lock_guard lock(graph_mutex());
  std::vector<Node*> roots;
  for (const Array& result : results) roots.push_back(result.node());
  std::vector<Node*> nodes = topological_order(roots);
  auto leaf_value = [&](const Array& leaf) {
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (inputs[i].is_same(leaf)) return input_values[i];
    }
    if (leaf.node()->state() == Node::State::placeholder) {
      throw Error("a traced array of shape " + to_string(leaf.shape()) + " and dtype " +
                  name_of(leaf.dtype()) + " is used outside of the function that it was traced in");
    }
    for (const auto& [value, array] : program.constants) {
      if (array.is_same(leaf)) return value;
    }
    ValueId value = program.add_value(leaf.shape(), leaf.dtype());
    program.constants.emplace_back(value, leaf);
    return value;
  };
  append_nodes(program, nodes, leaf_value);
  std::vector<ValueId> values;
  for (const Array& result : results) {
    bool computed = result.node()->state() == Node::State::pending;
    values.push_back(computed ? result.node()->index + result.output() : leaf_value(result));
  }
  return values;
}

}  // namespace lazulite
