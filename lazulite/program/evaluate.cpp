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
#include "lazulite/ops/primitives/primitive.h"
#include "lazulite/program/executor.h"
#include "lazulite/program/lazy_evaluator.h"
#include "lazulite/program/linearize.h"
#include "lazulite/program/piece.h"

namespace lazulite {
namespace {

// Longer graphs are evaluated piece by piece, so that programs and their plans stay small.
constexpr size_t piece_size = 8192;

// Where something may fail a check, what is not connected to it is run by itself: a run fails as a
// whole. None if one piece will do. With the graph locked; the nodes come in topological order.
std::vector<std::vector<Array>> pieces_of(std::span<Node* const> order) {
  bool checks = std::any_of(order.begin(), order.end(),
                            [](Node* node) { return may_refuse(*node->primitive); });
  if (!checks && order.size() <= piece_size) return {};
  std::unordered_map<Node*, size_t> place;
  std::vector<size_t> parent(order.size());
  auto find = [&](size_t i) {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
  };
  for (size_t i = 0; i < order.size(); ++i) {
    parent[i] = checks ? i : 0;
    if (!checks) continue;
    place[order[i]] = i;
    for (const Array& input : order[i]->inputs) {
      if (auto at = place.find(input.node()); at != place.end()) parent[find(at->second)] = i;
    }
  }
  std::map<size_t, std::vector<Array>> connected;
  for (size_t i = 0; i < order.size(); ++i) connected[find(i)].emplace_back(order[i], 0);
  std::vector<std::vector<Array>> pieces;
  for (auto& [root, nodes] : connected) {
    for (size_t first = 0; first < nodes.size(); first += piece_size) {
      size_t last = std::min(first + piece_size, nodes.size());
      pieces.emplace_back(nodes.begin() + first, nodes.begin() + last);
    }
  }
  return pieces;
}

// Evaluates one piece after another. False if it must be tried again.
bool evaluate_pieces(std::vector<std::vector<Array>>& pieces,
                     const std::unordered_set<Node*>& asked, uint32_t references) {
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
      piece.emplace(nodes, asked, references + 1);
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

void evaluate_nodes(std::span<Node* const> roots, const std::unordered_set<Node*>& asked,
                    uint32_t references) {
  ForkGate gate;
  PlanningScope planning;
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
      pieces = pieces_of(nodes);
      if (pieces.size() < 2) {
        pieces.clear();
        piece.emplace(nodes, asked, references);
      }
    }
    again = piece ? !piece->run(garbage) : !evaluate_pieces(pieces, asked, references);
  }
}

void eval(std::span<const Array> arrays) { evaluator().evaluate(arrays, true); }
void async_eval(std::span<const Array> arrays) { evaluator().evaluate(arrays, false); }
void synchronize() { Executor::drain(); }

}  // namespace lazulite
