#include "lazulite/program/evaluate.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <numeric>
#include <optional>
#include <unordered_map>

#include "lazulite/core/errors.h"
#include "lazulite/core/evaluator.h"
#include "lazulite/core/fork.h"
#include "lazulite/core/history.h"
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
#include "lazulite/program/options.h"
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
      EventPtr event = array.node()->event();
      known_[array.node()] = lazulite::may_fail(event) ? std::move(event) : nullptr;
      kept_.push_back(std::move(array));
    }
  }
  /// Lets go of the arrays, so that their memory can be taken. Without the lock.
  void clear() {
    known_.clear();
    kept_.clear();
  }

  /// The run that computes an input, where that may fail; else null.
  const Event* may_fail(const Array& input) const {
    if (known_.empty()) return nullptr;
    auto found = known_.find(input.node());
    return found == known_.end() ? nullptr : found->second.get();
  }
  bool may_fail(Node& node) const {
    if (may_refuse(*node.primitive)) return true;
    return !known_.empty() && std::any_of(node.inputs.begin(), node.inputs.end(),
                                          [&](const Array& input) { return may_fail(input); });
  }

 private:
  std::unordered_map<Node*, EventPtr> known_;
  std::vector<Array> kept_, unknown_;  // nodes must not be freed and made anew
};

/// Sets of that which may fail, by number; 0 is the empty one.
class Doubts {
 public:
  uint32_t with(uint32_t set, uint32_t one) { return both(set, number(std::vector{one})); }
  uint32_t both(uint32_t a, uint32_t b) {
    if (a == b || b == 0) return a;
    if (a == 0) return b;
    auto [place, is_new] = joined_.try_emplace({std::min(a, b), std::max(a, b)}, 0);
    if (!is_new) return place->second;
    std::vector<uint32_t> all;
    std::set_union(sets_[a]->begin(), sets_[a]->end(), sets_[b]->begin(), sets_[b]->end(),
                   std::back_inserter(all));
    return place->second = number(std::move(all));
  }
  size_t size(uint32_t set) const { return sets_[set]->size(); }
  bool within(uint32_t part, uint32_t whole) const {
    return part == 0 || part == whole ||
           std::includes(sets_[whole]->begin(), sets_[whole]->end(), sets_[part]->begin(),
                         sets_[part]->end());
  }

 private:
  uint32_t number(std::vector<uint32_t> set) {
    auto [place, is_new] = numbers_.try_emplace(std::move(set), sets_.size());
    if (is_new) sets_.push_back(&place->first);
    return place->second;
  }
  std::map<std::vector<uint32_t>, uint32_t> numbers_{{{}, 0}};
  std::vector<const std::vector<uint32_t>*> sets_{&numbers_.begin()->first};
  std::map<std::pair<uint32_t, uint32_t>, uint32_t> joined_;
};

/// Which nodes are run together where something may fail. A run fails as a whole, and no result
/// may fail for what it does not depend on. So each result that somebody wants, goes on to hold, or
/// may go back to comes with what it is computed from and with all others that depend on the same
/// doubts; those with fewer come first. What comes from convolutions is left together, at the end.
class Stages {
 public:
  static constexpr uint64_t last = ~uint64_t{0};

  /// The nodes are numbered, in topological order, and marked by `walk`.
  Stages(std::span<Node* const> order, uint64_t walk, const Read& read, const Nodes& asked,
         const Nodes& held)
      : stages_(order.size(), last), doubts_(order.size(), 0) {
    std::vector<uint32_t> uses(order.size(), 0);
    std::vector<bool> convolved(order.size(), false);
    for (size_t i = 0; i < order.size(); ++i) {
      doubts_[i] = own_doubt(*order[i]);
      convolved[i] = stays_together(*order[i]->primitive);
      for (const Array& input : order[i]->inputs) {
        if (const Event* event = read.may_fail(input)) doubt(doubts_[i], event);
        if (input.node()->walk != walk) continue;
        const size_t at = input.node()->index;
        doubts_[i] = sets_.both(doubts_[i], doubts_[at]);
        if (convolved[at]) convolved[i] = true;
        // A retained node keeps its inputs.
        if (!order[i]->retained()) ++uses[at];
      }
    }
    for (size_t i = order.size(); i-- > 0;) {
      Node* node = order[i];
      const bool wanted = asked.count(node) || node->retained() ||
                          node->use_count() > uses[i] + (held.count(node) ? 1 : 0);
      // What a cell may go back to is wanted with all the convolutions behind it.
      if (is_looked_for(*node) || (wanted && !convolved[i])) stages_[i] = stage(doubts_[i]);
      for (const Array& input : node->inputs) {
        if (input.node()->walk == walk) needed_in(input.node()->index, stages_[i]);
      }
    }
  }

  uint64_t operator[](size_t node) const { return stages_[node]; }
  bool may_fail(size_t node) const { return doubts_[node] != 0; }

 private:
  // A node goes into the first stage that needs it, unless another's results would then depend on
  // what they need not: into one of its own doubts.
  void needed_in(size_t node, uint64_t other) {
    uint64_t& own = stages_[node];
    if (own == other || other == last) return;
    const uint64_t first = std::min(own, other), second = std::max(own, other);
    const bool fits = second == last || sets_.within(doubts_of(first), doubts_of(second));
    own = fits ? first : stage(doubts_[node]);
  }

  static uint32_t doubts_of(uint64_t stage) { return static_cast<uint32_t>(stage); }
  uint64_t stage(uint32_t doubts) const { return sets_.size(doubts) << 32 | doubts; }

  void doubt(uint32_t& doubts, const void* what) {
    auto [number, is_new] = causes_.try_emplace(what, causes_.size());
    doubts = sets_.with(doubts, number->second);
  }
  // The same check of the same array is one.
  uint32_t own_doubt(Node& node) {
    uint32_t doubts = 0;
    if (!may_refuse(*node.primitive)) return doubts;
    auto same = std::find_if(checks_.begin(), checks_.end(), [&](Node* other) {
      return other->inputs.size() == 1 && node.inputs.size() == 1 &&
             other->inputs[0].is_same(node.inputs[0]) && *other->primitive == *node.primitive;
    });
    if (same == checks_.end()) same = checks_.insert(same, &node);
    doubt(doubts, *same);
    return doubts;
  }

  Doubts sets_;
  std::unordered_map<const void*, uint32_t> causes_;
  std::vector<Node*> checks_;
  std::vector<uint64_t> stages_;
  std::vector<uint32_t> doubts_;
};

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

std::vector<Part> pieces_of(std::span<Node* const> order) {
  Part all;
  for (Node* node : order) all.nodes.emplace_back(node, 0);
  std::vector<Part> pieces;
  cut(all, pieces);
  return pieces;
}

// Where something may fail: the stages, and in each what is not connected by itself. With the graph
// locked; the nodes come in topological order.
std::vector<Part> uncertain_pieces_of(std::span<Node* const> order, const Read& read,
                                      const Nodes& asked, const Nodes& held) {
  const uint64_t walk = number_nodes(order);
  const Stages stages(order, walk, read, asked, held);
  std::vector<size_t> parent(order.size());
  std::iota(parent.begin(), parent.end(), size_t{0});
  auto find = [&](size_t i) {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
  };
  for (size_t i = 0; i < order.size(); ++i) {
    for (const Array& input : order[i]->inputs) {
      const Node& node = *input.node();
      if (node.walk == walk && stages[i] == stages[node.index]) parent[find(node.index)] = i;
    }
  }
  std::map<std::pair<uint64_t, size_t>, Part> connected;
  for (size_t i = 0; i < order.size(); ++i) {
    Part& part = connected[{stages[i], stages[i] == 0 ? 0 : find(i)}];
    part.nodes.emplace_back(order[i], 0);
    part.may_fail = part.may_fail || stages.may_fail(i);
  }
  std::vector<Part> pieces;
  for (const auto& [stage, part] : connected) cut(part, pieces);
  return pieces;
}

// Where a guard looks at every number, any node may fail: with a result comes what is computed for
// it alone. What several need is by itself, so that it does not fail with one of them.
std::vector<Part> guarded_pieces_of(std::span<Node* const> order, const Nodes& asked,
                                    const Nodes& held) {
  constexpr size_t nobody = ~size_t{0};
  const uint64_t walk = number_nodes(order);
  std::vector<uint32_t> uses(order.size(), 0);
  std::vector<size_t> user(order.size(), nobody);  // the result that needs the node
  std::vector<bool> shared(order.size(), false);
  for (Node* node : order) {
    if (node->retained()) continue;  // keeps its inputs
    for (const Array& input : node->inputs) {
      if (input.node()->walk == walk) ++uses[input.node()->index];
    }
  }
  for (size_t i = order.size(); i-- > 0;) {
    Node* node = order[i];
    const bool wanted = asked.count(node) || node->retained() || is_looked_for(*node) ||
                        node->use_count() > uses[i] + (held.count(node) ? 1 : 0);
    if (wanted || shared[i] || user[i] == nobody) user[i] = i;
    for (const Array& input : node->inputs) {
      if (input.node()->walk != walk) continue;
      const size_t at = input.node()->index;
      if (user[at] != nobody && user[at] != user[i]) shared[at] = true;
      user[at] = user[i];
    }
  }
  std::vector<Part> parts(order.size()), pieces;
  for (size_t i = 0; i < order.size(); ++i) parts[user[i]].nodes.emplace_back(order[i], 0);
  for (Part& part : parts) {
    part.may_fail = true;
    cut(part, pieces);
  }
  return pieces;
}

// Evaluates one piece after another. False if it must be tried again.
bool evaluate_pieces(std::vector<Part>& pieces, const Nodes& asked, const Nodes& held) {
  std::vector<Array> garbage;
  EventPtr before;
  for (Part& part : pieces) {
    // Memory for all of them is not needed at once.
    if (before && part.nodes.size() == piece_size) {
      const ForkGate::Pause outside;
      Executor::wait_for(*before);
    }
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
        const bool guarded = finite_guard() != FiniteGuard::off;
        const bool uncertain = guarded || std::any_of(nodes.begin(), nodes.end(), [&](Node* node) {
                                 return read.may_fail(*node);
                               });
        if (guarded) {
          pieces = guarded_pieces_of(nodes, asked, held);
        } else if (uncertain) {
          pieces = uncertain_pieces_of(nodes, read, asked, held);
        } else if (nodes.size() > piece_size) {
          pieces = pieces_of(nodes);
        }
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
