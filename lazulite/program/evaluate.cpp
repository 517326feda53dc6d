#include "lazulite/program/evaluate.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "lazulite/core/errors.h"
#include "lazulite/core/pending.h"
#include "lazulite/core/trace.h"
#include "lazulite/program/executor.h"
#include "lazulite/program/lazy_evaluator.h"
#include "lazulite/program/linearize.h"
#include "lazulite/program/plan_cache.h"
#include "lazulite/program/statistics.h"

namespace lazulite {
namespace {

// Longer graphs are evaluated piece by piece, so that programs and their plans stay small.
constexpr size_t piece_size = 8192;

/// A run that has its memory and waits to be executed.
struct BoundRun {
  std::shared_ptr<const Plan> plan;
  Plan::Run run;
  EventPtr event = std::make_shared<Event>();
  std::vector<EventPtr> waits_for = {};
};

// Whether a plan runs on the thread that asks for it.
bool runs_here(const Plan& plan) { return plan.is_small() || Executor::is_current(); }

BoundRun bind_run(std::shared_ptr<const Plan> plan, std::vector<Array>& inputs,
                  std::span<const uint32_t> references) {
  std::vector<EventPtr> waits_for;
  for (const Array& input : inputs) {
    EventPtr event = input.node()->event();
    if (event && !event->done()) waits_for.push_back(std::move(event));
  }
  Plan::Run run = plan->bind(inputs, references, runs_here(*plan));
  return {std::move(plan), std::move(run), std::make_shared<Event>(), std::move(waits_for)};
}

void start(BoundRun bound) {
  count_run(*bound.plan);
  EventPtr event = bound.event;
  bool here = runs_here(*bound.plan);
  auto work = [bound = std::make_shared<BoundRun>(std::move(bound))] {
    for (const EventPtr& earlier : bound->waits_for) earlier->wait();
    bound->plan->execute(bound->run);
  };
  if (here) {
    Executor::run_here(std::move(work), event);
  } else {
    Executor::submit(std::move(work), event);
  }
}

/// A stretch of a graph in topological order, made into a program whose results are those nodes
/// that somebody outside holds.
class Piece {
 public:
  /// `asked` are results in any case; `references` is how many references to each node the caller
  /// holds beside the users'.
  Piece(std::span<Node* const> nodes, const std::unordered_set<Node*>& asked, uint32_t references) {
    append_nodes(program_, nodes, [&](const Array& leaf) { return add_leaf(leaf); });
    count_uses(nodes);
    for (Node* node : nodes) {
      bool held = node->use_count() > uses_[node] + references;
      if (!held && !node->retained() && !asked.count(node)) continue;
      results_.push_back(node);
      for (size_t output = 0; output < node->outputs.size(); ++output) {
        program_.outputs.push_back(node->index + static_cast<ValueId>(output));
      }
    }
  }

  /// Gives the results their memory and cuts them off from the graph behind them, which goes to
  /// `garbage`.
  BoundRun schedule(std::vector<Array>& garbage) {
    std::vector<uint32_t> references;
    for (const Array& leaf : leaves_) references.push_back(uses_[leaf.node()] + 1);
    std::shared_ptr<const Plan> plan = cached_plan(std::move(program_));
    BoundRun bound = bind_run(plan, leaves_, references);
    size_t result = 0;
    for (Node* node : results_) {
      for (Output& output : node->outputs) {
        output.buffer = plan->output_buffer(bound.run, result);
        output.offset = plan->output_offset(bound.run, result);
        output.strides = plan->outputs()[result].strides;
        ++result;
      }
      node->schedule(bound.event);
      if (node->retained()) continue;
      for (Array& input : node->inputs) garbage.push_back(std::move(input));
      node->detach();
    }
    return bound;
  }

 private:
  ValueId add_leaf(const Array& leaf) {
    if (leaf.node()->state() == Node::State::placeholder) reject_placeholder(leaf);
    ValueId value = program_.add_value(leaf.shape(), leaf.dtype());
    program_.inputs.push_back(value);
    program_.input_strides.push_back(leaf.node()->outputs[leaf.output()].strides);
    leaves_.push_back(leaf);
    return value;
  }

  // How many references to each node die with this piece. A retained node keeps its inputs.
  void count_uses(std::span<Node* const> nodes) {
    for (Node* node : nodes) {
      for (const Array& input : node->inputs) uses_[input.node()] += node->retained() ? 0 : 1;
    }
  }

  Program program_;
  std::vector<Array> leaves_;
  std::vector<Node*> results_;
  std::unordered_map<Node*, uint32_t> uses_;
};

}  // namespace

void reject_placeholder(const Array& array) {
  throw Error("an array of shape " + to_string(array.shape()) + " and dtype " +
              name_of(array.dtype()) +
              " stands for an argument of a function that is being traced: it has no value and "
              "cannot be evaluated");
}

void evaluate_nodes(std::span<Node* const> roots, const std::unordered_set<Node*>& asked,
                    uint32_t references) {
  std::vector<Array> garbage;
  std::vector<BoundRun> last;
  {
    std::lock_guard lock(graph_mutex());
    TraceScope no_trace(nullptr);
    std::vector<Node*> order = topological_order(roots);
    for (size_t first = 0; first < order.size(); first += piece_size) {
      size_t count = std::min(piece_size, order.size() - first);
      Piece piece({order.data() + first, count}, asked, references);
      BoundRun bound = piece.schedule(garbage);
      garbage.clear();
      if (first + count == order.size()) {
        last.push_back(std::move(bound));
        break;
      }
      // One piece at a time, so that memory for all of them is not needed at once.
      EventPtr event = bound.event;
      start(std::move(bound));
      event->wait();
    }
  }
  for (BoundRun& bound : last) start(std::move(bound));
}

std::vector<Array> run_plan(const std::shared_ptr<const Plan>& plan, std::vector<Array>& inputs) {
  std::vector<uint32_t> references(inputs.size(), 1);
  BoundRun bound = bind_run(plan, inputs, references);
  std::vector<Array> results;
  for (size_t i = 0; i < plan->outputs().size(); ++i) {
    Output output{plan->output_shape(i), plan->output_dtype(i), plan->output_buffer(bound.run, i),
                  plan->output_offset(bound.run, i), plan->outputs()[i].strides};
    results.emplace_back(new Node(Node::State::scheduled, std::move(output), bound.event), 0);
  }
  start(std::move(bound));
  return results;
}

void eval(std::span<const Array> arrays) { evaluator().evaluate(arrays, true); }
void async_eval(std::span<const Array> arrays) { evaluator().evaluate(arrays, false); }
void synchronize() { Executor::drain(); }

}  // namespace lazulite
