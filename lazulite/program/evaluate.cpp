#include "lazulite/program/evaluate.h"

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>

#include "lazulite/core/errors.h"
#include "lazulite/core/evaluator.h"
#include "lazulite/core/fork.h"
#include "lazulite/core/may_fail.h"
#include "lazulite/core/observer.h"
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

/// What is known of the arrays that a graph reads, evaluated or on the way: which have failed, or
/// may yet. With the graph locked but for `ask`.
class Read {
 public:
  /// Whether all that the nodes read is known, for now; if not, `ask`, and try again.
  bool covers(std::span<Node* const> order) {
    if (!any_may_fail()) return true;
    for (Node* node : order) {
      for (const Array& input : node->inputs) {
        if (input.node()->state() == Node::State::scheduled && !known_.count(input.node())) {
          unknown_.push_back(input);
        }
      }
    }
    return unknown_.empty();
  }
  /// Without the lock, which this takes.
  void ask() {
    for (Array& array : std::exchange(unknown_, {})) {
      known_[array.node()] = lazulite::may_fail(array.node()->event());
      kept_.push_back(std::move(array));
    }
  }
  /// Lets go of the arrays, so that their memory can be taken. Without the lock.
  void clear() {
    known_.clear();
    kept_.clear();
  }

  bool may_fail(Node& node) const {
    if (may_refuse(*node.primitive)) return true;
    return !known_.empty() &&
           std::any_of(node.inputs.begin(), node.inputs.end(), [&](const Array& input) {
             auto found = known_.find(input.node());
             return found != known_.end() && found->second;
           });
  }

 private:
  std::unordered_map<Node*, bool> known_;
  std::vector<Array> kept_, unknown_;  // nodes must not be freed and made anew
};

// What somebody wants, or goes on to hold, although it depends on nothing that may fail: with what
// it is computed from.
std::vector<bool> safe_results(std::span<Node* const> order,
                               const std::unordered_map<Node*, size_t>& place, const Read& read,
                               const Nodes& asked, const Nodes& held) {
  std::vector<uint32_t> uses(order.size(), 0);
  std::vector<bool> risky(order.size(), false), safe(order.size(), false);
  for (size_t i = 0; i < order.size(); ++i) {
    risky[i] = read.may_fail(*order[i]) || stays_together(*order[i]->primitive);
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

/// The nodes of a piece.
struct Part {
  std::vector<Array> nodes;
  bool may_fail = false;
};

void cut(const Part& part, std::vector<Part>& pieces) {
  for (size_t first = 0; first < part.nodes.size(); first += piece_size) {
    size_t last = std::min(first + piece_size, part.nodes.size());
    pieces.push_back({{part.nodes.begin() + static_cast<int64_t>(first),
                       part.nodes.begin() + static_cast<int64_t>(last)},
                      part.may_fail});
  }
}

// A run fails as a whole. So where something may fail (`uncertain`), results that do not depend on
// it (the random state, weights that are first used, what was given) come first, and what is not
// connected to it is run by itself. None if one piece will do. With the graph locked; the nodes
// come in topological order.
std::vector<Part> pieces_of(std::span<Node* const> order, const Read& read, bool uncertain,
                            const Nodes& asked, const Nodes& held) {
  if (!uncertain && order.size() <= piece_size) return {};
  std::unordered_map<Node*, size_t> place;
  std::vector<size_t> parent(order.size(), 0);
  auto find = [&](size_t i) {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
  };
  std::vector<bool> safe(order.size(), false);
  if (uncertain) {
    for (size_t i = 0; i < order.size(); ++i) place[order[i]] = i;
    safe = safe_results(order, place, read, asked, held);
  }
  for (size_t i = 0; uncertain && i < order.size(); ++i) {
    parent[i] = i;
    for (const Array& input : order[i]->inputs) {
      auto at = place.find(input.node());
      if (at != place.end() && !safe[i] && !safe[at->second]) parent[find(at->second)] = i;
    }
  }
  Part first;
  std::map<size_t, Part> connected;
  for (size_t i = 0; i < order.size(); ++i) {
    Part& part = safe[i] ? first : connected[uncertain ? find(i) : 0];
    part.nodes.emplace_back(order[i], 0);
    part.may_fail = part.may_fail || read.may_fail(*order[i]);
  }
  std::vector<Part> pieces;
  cut(first, pieces);
  for (const auto& [root, part] : connected) cut(part, pieces);
  return pieces;
}

// Evaluates one piece after another. False if it must be tried again.
bool evaluate_pieces(std::vector<Part>& pieces, const Nodes& asked, const Nodes& held) {
  std::vector<Array> garbage;
  EventPtr before;
  for (Part& part : pieces) {
    // Memory for all of them is not needed at once.
    if (before && part.nodes.size() == piece_size) Executor::wait_for(*before);
    std::vector<Node*> nodes;
    for (const Array& array : part.nodes) nodes.push_back(array.node());
    std::optional<Piece> piece;
    {
      std::lock_guard lock(graph_mutex());
      piece.emplace(nodes, asked, held, 1, part.may_fail);
    }
    if (!piece->run(garbage)) return false;
    before = piece->event();
    piece.reset();
    garbage.clear();
    part.nodes.clear();
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
  Read read;
  for (bool again = true; again;) {
    Executor::wait_for_room();
    std::vector<Part> pieces;
    std::vector<Array> garbage;
    std::optional<Piece> piece;
    bool known = false;
    size_t count = 0;
    {
      std::lock_guard lock(graph_mutex());
      std::vector<Node*> nodes = topological_order(roots);
      if (nodes.empty()) return;
      count = nodes.size();
      known = read.covers(nodes);
      if (known) {
        const bool uncertain = std::any_of(nodes.begin(), nodes.end(),
                                           [&](Node* node) { return read.may_fail(*node); });
        pieces = pieces_of(nodes, read, uncertain, asked, held);
        if (pieces.size() < 2) {
          pieces.clear();
          piece.emplace(nodes, asked, held, 0, uncertain);
        }
      }
    }
    if (!known) {
      read.ask();
      continue;
    }
    read.clear();
    again = piece ? !piece->run(garbage) : !evaluate_pieces(pieces, asked, held);
    if (!again) note_computed(count);
  }
}

void eval(std::span<const Array> arrays, SourcePlace where) {
  evaluator().evaluate(arrays, true, where);
}
void async_eval(std::span<const Array> arrays, SourcePlace where) {
  evaluator().evaluate(arrays, false, where);
}
void synchronize() {
  if (const CustomOperation* operation = running_operation()) {
    throw Error("synchronize: all work includes the run of '" + operation->name +
                "', in which it was called");
  }
  Executor::drain();
}

}  // namespace lazulite
