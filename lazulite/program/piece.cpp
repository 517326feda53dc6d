#include "lazulite/program/piece.h"

#include "lazulite/core/history.h"
#include "lazulite/core/may_fail.h"
#include "lazulite/core/observer.h"
#include "lazulite/core/pending.h"
#include "lazulite/core/trace.h"
#include "lazulite/program/lazy_evaluator.h"
#include "lazulite/program/linearize.h"
#include "lazulite/program/options.h"
#include "lazulite/program/plan_cache.h"
#include "lazulite/program/queued_run.h"

namespace lazulite {

Piece::Piece(std::span<Node* const> nodes, const std::unordered_set<Node*>& asked,
             const std::unordered_set<Node*>& held, uint32_t handles, bool may_fail)
    : event_(make_event(may_fail)) {
  std::vector<Node*> pending;
  pending.reserve(nodes.size());
  for (Node* node : nodes) {
    if (node->state() == Node::State::pending) pending.push_back(node);
  }
  append_nodes(program_, pending, [&](const Array& leaf) { return add_leaf(leaf); });
  count_uses(pending);
  find_results(pending, asked, held, handles);
  nodes_.reserve(pending.size());
  for (Node* node : pending) nodes_.emplace_back(node, 0);
  origins_ = origins_of_checks(pending);
  if (is_watched(Watch::kernels) || finite_guard() != FiniteGuard::off) {
    all_origins_ = std::make_shared<const std::vector<uint32_t>>(origins_of_nodes(pending));
  }
  PendingNodes::remove(pending);
  for (Node* node : pending) node->claim(event_);
}

Piece::~Piece() {
  if (started_) return;
  {
    std::lock_guard lock(graph_mutex());
    for (const Array& node : nodes_) node.node()->unclaim();
  }
  event_->drop();
}

ValueId Piece::add_leaf(const Array& leaf) {
  if (leaf.node()->state() == Node::State::placeholder) reject_placeholder(leaf);
  ValueId value = program_.add_value(leaf.shape(), leaf.dtype());
  program_.inputs.push_back(value);
  leaves_.push_back(leaf);
  return value;
}

// A retained node keeps its inputs.
void Piece::count_uses(std::span<Node* const> nodes) {
  uses_.assign(program_.values.size(), 0);
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i]->retained()) continue;
    for (ValueId input : program_.instructions[i].inputs) ++uses_[input];
  }
}

void Piece::find_results(std::span<Node* const> nodes, const std::unordered_set<Node*>& asked,
                         const std::unordered_set<Node*>& held, uint32_t of_caller) {
  for (Node* node : nodes) {
    const uint32_t callers = of_caller + (held.count(node) ? 1 : 0);
    size_t count = node->outputs.size();
    bool all = node->retained() || (count == 1 && asked.count(node));
    for (uint32_t output = 0; output < count; ++output) {
      ValueId value = node->index + output;
      uint32_t handles = count == 1 ? node->use_count() : node->handles(output);
      // The caller's are handles to the first output.
      if (!all && handles <= uses_[value] + (output == 0 ? callers : 0)) continue;
      results_.push_back({node, output});
      program_.outputs.push_back(value);
    }
  }
}

// How many references to each leaf's node this piece gives up.
std::vector<uint32_t> Piece::leaf_references() const {
  std::vector<uint32_t> references;
  references.reserve(leaves_.size());
  for (size_t i = 0; i < leaves_.size(); ++i) {
    uint32_t count = uses_[program_.inputs[i]] + 1;
    // Other outputs of the same node are leaves of their own.
    for (size_t j = 0; leaves_[i].node()->outputs.size() > 1 && j < leaves_.size(); ++j) {
      bool sibling = j != i && leaves_[j].node() == leaves_[i].node();
      if (sibling) count += uses_[program_.inputs[j]] + 1;
    }
    references.push_back(count);
  }
  return references;
}

bool Piece::run(std::vector<Array>& garbage) {
  FailurePtr failure;
  size_t inputs = 0;
  for (const Array& node : nodes_) inputs += node.node()->inputs.size();
  garbage.reserve(garbage.size() + inputs);
  for (const Array& leaf : leaves_) {
    if (!leaf.node()->wait_bound()) return false;
    EventPtr event = leaf.node()->event();
    if (!failure && event) failure = event->failure();
    program_.input_strides.push_back(leaf.node()->outputs[leaf.output()].strides);
  }
  keep_retained();
  storage_.resize(results_.size());
  if (failure) {
    for (size_t i = 0; i < results_.size(); ++i) {
      storage_[i].strides = row_major_strides(results_[i].node->outputs[results_[i].output].shape);
    }
    publish(garbage);
    event_->finish(std::move(failure));
    return true;
  }
  std::vector<uint32_t> references = leaf_references();
  std::shared_ptr<const Plan> plan = cached_plan(std::move(program_));
  auto run = std::make_shared<QueuedRun>(std::move(plan), leaves_, references, event_);
  run->made_at(std::move(origins_));
  run->computes_at(std::move(all_origins_));
  for (size_t i = 0; i < results_.size(); ++i) run->place(i, storage_[i]);
  run->start();
  publish(garbage);
  return true;
}

// Tells derivatives which of their nodes have to let go of the graph when they are done.
void Piece::keep_retained() {
  for (const Array& array : nodes_) {
    RetainToken token = array.node()->token;
    if (!token) continue;
    std::lock_guard lock(token->mutex);
    if (token->active) token->evaluated.push_back(array);
  }
}

void Piece::publish(std::vector<Array>& garbage) noexcept {
  started_ = true;
  {
    std::lock_guard lock(graph_mutex());
    for (size_t i = 0; i < results_.size(); ++i) {
      Output& output = results_[i].node->outputs[results_[i].output];
      output.buffer = std::move(storage_[i].buffer);
      output.offset = storage_[i].offset;
      output.strides = std::move(storage_[i].strides);
      output.writer = storage_[i].writer;
    }
    for (const Array& array : nodes_) {
      Node* node = array.node();
      if (node->whereabouts) tell_whereabouts(*node, event_);
      if (node->retained()) continue;
      for (Array& input : node->inputs) garbage.push_back(std::move(input));
      node->detach();
    }
  }
  event_->set_bound();
}

}  // namespace lazulite
