#pragma once

#include <span>
#include <unordered_set>

#include "lazulite/core/evaluator.h"
#include "lazulite/core/node.h"

namespace lazulite {

/// Starts the computation of what `roots` need. Results are the nodes in `asked` and those that
/// have owners outside of the graph, beside the caller, who has a handle to each of those in
/// `held`.
void evaluate_nodes(std::span<Node* const> roots, const std::unordered_set<Node*>& asked,
                    const std::unordered_set<Node*>& held);

/// Throws: the array stands for an argument of a function that is being traced.
[[noreturn]] void reject_placeholder(const Array& array);

}  // namespace lazulite
