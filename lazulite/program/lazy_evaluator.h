#pragma once

#include <span>
#include <unordered_set>

#include "lazulite/core/evaluator.h"
#include "lazulite/core/node.h"

namespace lazulite {

/// Starts the computation of what `roots` need. Results are the nodes in `asked` and those that
/// have owners outside of the graph; `references` is how many references to each node the caller
/// holds himself.
void evaluate_nodes(std::span<Node* const> roots, const std::unordered_set<Node*>& asked,
                    uint32_t references);

/// Throws: the array stands for an argument of a function that is being traced.
[[noreturn]] void reject_placeholder(const Array& array);

}  // namespace lazulite
