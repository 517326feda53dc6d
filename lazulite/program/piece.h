#pragma once

#include <span>
#include <unordered_set>
#include <vector>

#include "lazulite/core/node.h"
#include "lazulite/program/program.h"

namespace lazulite {

/// A stretch of a graph in topological order, made into a program whose results are those arrays
/// that somebody outside holds. Between its construction and `run` or its destruction its nodes are
/// claimed: other evaluations wait for it where they need them.
class Piece {
 public:
  /// With the graph locked. `asked` are results in any case. Beside the users' handles the caller
  /// has `handles` to each node, and one more to those in `held`. Nodes that are not pending are
  /// left out. `may_fail`: there are checks on data in it, or behind its inputs.
  Piece(std::span<Node* const> nodes, const std::unordered_set<Node*>& asked,
        const std::unordered_set<Node*>& held, uint32_t handles, bool may_fail);
  /// Gives nodes that were not run back to the graph.
  ~Piece();
  Piece(const Piece&) = delete;
  Piece& operator=(const Piece&) = delete;

  /// Without the lock: plans, gives the results their memory, starts the run and cuts the results
  /// off from the graph behind them, which goes to `garbage`. False if that must be tried again,
  /// because another evaluation gave back what this one needs.
  bool run(std::vector<Array>& garbage);

  const EventPtr& event() const { return event_; }

 private:
  ValueId add_leaf(const Array& leaf);
  void count_uses(std::span<Node* const> nodes);
  void find_results(std::span<Node* const> nodes, const std::unordered_set<Node*>& asked,
                    const std::unordered_set<Node*>& held, uint32_t handles);
  std::vector<uint32_t> leaf_references() const;
  void keep_retained();
  void publish(std::vector<Array>& garbage) noexcept;

  struct Result {
    Node* node;
    uint32_t output;
  };
  std::vector<Array> nodes_;
  Program program_;
  std::vector<Array> leaves_;
  std::vector<Result> results_;
  std::vector<Output> storage_;    // where the results will be
  std::vector<uint32_t> uses_;     // of each value, by nodes of the piece that will let go of it
  std::vector<uint32_t> origins_;  // of its checks
  std::shared_ptr<const std::vector<uint32_t>> all_origins_;  // where somebody wants to know
  EventPtr event_;
  bool started_ = false;
};

}  // namespace lazulite
