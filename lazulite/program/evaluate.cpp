#include "lazulite/program/evaluate.h"

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>

#include "lazulite/core/errors.h"
#include "lazulite/core/evaluator.h"
#include "lazulite/core/fork.h"
#include "lazulite/core/pending.h"
#include "lazulite/core/trace.h"
#include "lazulite/ops/primitives/convolution.h"
#include "lazulite/ops/primitives/custom.h"
#include "lazulite/ops/primitives/pooling.h"
#include "lazulite/ops/primitives/primitive.h"
#include "lazulite/program/executor.h"
#include "lazulite/program/lazy_evaluator.h"
#include "lazulite/program/linearize.h"
#include "lazulite/program/piece.h"

namespace lazulite {
namespace {

// Longer graphs are evaluated piece by piece, so that programs and their plans stay small.
constexpr size_t piece_size = 8192;

using Nodes = std::unordered_set<Node*>;

// Convolutions and what follows them stay with their derivatives: which algorithm they take depends
// on what is computed with them.
bool stays_together(const Primitive& primitive) {
  return primitive.get_if<Convolution>() || primitive.get_if<MaxPool>();
}

// What somebody wants, or goes on to hold, although it depends on nothing that may fail: with what
// it is computed from.
std::vector<bool> safe_results(std::span<Node* const> order,
                               const std::unordered_map<Node*, size_t>& place, const Nodes& asked,
                               const Nodes& held) {
  std::vector<uint32_t> uses(order.size(), 0);
  std::vector<bool> risky(order.size(), false), safe(order.size(), false);
  for (size_t i = 0; i < order.size(); ++i) {
    risky[i] = may_refuse(*order[i]->primitive) || stays_together(*order[i]->primitive);
    for (const Array& input : order[i]->inputs) {
      auto at = place.find(input.node());
      if (at == place.end()) continue;
      if (risky[at->second]) risky[i] = true;
      // A retained node keeps its inputs.
      if (!order[i]->retained()) ++uses[at->second];
    }
  }
  for (size_t i = order.size(); i-- > 0;) {
    Node* node = order[i];
    bool wanted = asked.count(node) || node->retained() ||
                  node->use_count() > uses[i] + (held.count(node) ? 1 : 0);
    if (!risky[i] && wanted) safe[i] = true;
    for (size_t k = 0; safe[i] && k < node->inputs.size(); ++k) {
      auto at = place.find(node->inputs[k].node());
      if (at != place.end()) safe[at->second] = true;
    }
  }
  return safe;
}

void cut(const std::vector<Array>& nodes, std::vector<std::vector<Array>>& pieces) {
  for (size_t first = 0; first < nodes.size(); first += piece_size) {
    size_t last = std::min(first + piece_size, nodes.size());
    pieces.emplace_back(nodes.begin() + static_cast<int64_t>(first),
                        nodes.begin() + static_cast<int64_t>(last));
  }
}

// A run fails as a whole. So where something may fail a check, results that do not depend on it
// (the random state, weights that are first used, what was given) come first, and what is not
// connected to it is run by itself. None if one piece will do. With the graph locked; the nodes
// come in topological order.
std::vector<std::vector<Array>> pieces_of(std::span<Node* const> order, const Nodes& asked,
                                          const Nodes& held) {
  bool checks = std::any_of(order.begin(), order.end(),
                            [](Node* node) { return may_refuse(*node->primitive); });
  if (!checks && order.size() <= piece_size) return {};
  std::unordered_map<Node*, size_t> place;
  std::vector<size_t> parent(order.size(), 0);
  auto find = [&](size_t i) {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
  };
  std::vector<bool> safe(order.size(), false);
  if (checks) {
    for (size_t i = 0; i < order.size(); ++i) place[order[i]] = i;
    safe = safe_results(order, place, asked, held);
  }
  for (size_t i = 0; checks && i < order.size(); ++i) {
    parent[i] = i;
    for (const Array& input : order[i]->inputs) {
      auto at = place.find(input.node());
      if (at != place.end() && !safe[i] && !safe[at->second]) parent[find(at->second)] = i;
    }
  }
  std::vector<Array> first;
  std::map<size_t, std::vector<Array>> connected;
  for (size_t i = 0; i < order.size(); ++i) {
    (safe[i] ? first : connected[checks ? find(i) : 0]).emplace_back(order[i], 0);
  }
  std::vector<std::vector<Array>> pieces;
  cut(first, pieces);
  for (const auto& [root, nodes] : connected) cut(nodes, pieces);
  return pieces;
}

// Evaluates one piece after another. False if it must be tried again.
bool evaluate_pieces(std::vector<std::vector<Array>>& pieces, const Nodes& asked,
                     const Nodes& held) {
  std::vector<Array> garbage;
  EventPtr before;
  for (std::vector<Array>& arrays : pieces) {
    // Memory for all of them is not needed at once.
    if (before && arrays.size() == piece_size) Executor::wait_for(*before);
    std::vector<Node*> nodes;
    for (const Array& array : arrays) nodes.push_back(array.node());
    std::optional<Piece> piece;
    {
      std::lock_guard lock(graph_mutex());
      piece.emplace(nodes, asked, held, 1);
    }
    if (!piece->run(garbage)) return false;
    before = piece->event();
    piece.reset();
    garbage.clear();
    arrays.clear();
  }
  return true;
}

}  // namespace

void reject_placeholder(const Array& array) {
  throw Error("an array of shape " + to_string(array.shape()) + " and dtype " +
              name_of(array.dtype()) +
              " stands for an argument of a function that is being traced: it has no value and "
              "cannot be evaluated");
}

void evaluate_nodes(std::span<Node* const> roots, const Nodes& asked, const Nodes& held) {
  ForkGate gate;
  PlanningScope planning;
  const OperationScope no_operation(nullptr);
  TraceScope no_trace(nullptr);
  for (bool again = true; again;) {
    Executor::wait_for_room();
    std::vector<std::vector<Array>> pieces;
    std::vector<Array> garbage;
    std::optional<Piece> piece;
    {
      std::lock_guard lock(graph_mutex());
      std::vector<Node*> nodes = topological_order(roots);
      if (nodes.empty()) return;
      pieces = pieces_of(nodes, asked, held);
      if (pieces.size() < 2) {
        pieces.clear();
        piece.emplace(nodes, asked, held, 0);
      }
    }
    again = piece ? !piece->run(garbage) : !evaluate_pieces(pieces, asked, held);
  }
}

void eval(std::span<const Array> arrays) { evaluator().evaluate(arrays, true); }
void async_eval(std::span<const Array> arrays) { evaluator().evaluate(arrays, false); }
void synchronize() {
  if (const CustomOperation* operation = running_operation()) {
    throw Error("synchronize: all work includes the run of '" + operation->name +
                "', in which it was called");
  }
  Executor::drain();
}

}  // namespace lazulite
