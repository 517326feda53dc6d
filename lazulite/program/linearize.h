#pragma once

#include <functional>
#include <span>

#include "lazulite/program/program.h"

namespace lazulite {

/// The pending nodes that `roots` need, each after its inputs. The graph must be locked.
std::vector<Node*> topological_order(std::span<Node* const> roots);
/// Makes each node's place among them its index, for as long as the graph stays locked; returns the
/// walk that marks them.
uint64_t number_nodes(std::span<Node* const> nodes);

/// Where in the user's program those of the nodes that may refuse their data were made
/// (core/origin.h), each place once.
std::vector<uint32_t> origins_of_checks(std::span<Node* const> nodes);

/// The same of all of them, one for each.
std::vector<uint32_t> origins_of_nodes(std::span<Node* const> nodes);

/// Lays nodes out as a program. `nodes` are in topological order; arrays that they read from other
/// nodes are leaves and come to `value_of_leaf` once each. The instructions are appended, and the
/// values of each node's outputs are at node->index onwards (valid until the next walk).
void append_nodes(Program& program, std::span<Node* const> nodes,
                  const std::function<ValueId(const Array& leaf)>& value_of_leaf);

/// Lays out what computes `results` from `inputs` (placeholders); all other leaves become
/// constants of the program. Returns the results' values. Appends to `program`, whose values
/// `input_values` stand for the inputs.
std::vector<ValueId> append_graph(Program& program, std::span<const Array> inputs,
                                  std::span<const ValueId> input_values,
                                  std::span<const Array> results);

}  // namespace lazulite
