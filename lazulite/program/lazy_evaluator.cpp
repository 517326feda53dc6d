#include "lazulite/program/lazy_evaluator.h"

#include "lazulite/core/errors.h"
#include "lazulite/core/pending.h"
#include "lazulite/core/trace.h"
#include "lazulite/program/options.h"
#include "lazulite/program/statistics.h"

namespace lazulite {
namespace {

/// What the thread has created since its last evaluation.
struct Created {
  size_t nodes = 0;
  size_t bytes = 0;
  bool flushing = false;
};
thread_local Created created;

class LazyEvaluator final : public Evaluator {
 public:
  LazyEvaluator() { set_evaluator(*this); }

  void evaluate(std::span<const Array> arrays, bool wait) override {
    std::vector<Node*> pending;
    for (const Array& array : arrays) {
      if (!array.valid()) throw Error("eval: an empty handle was given in the place of an array");
      if (array.node()->state() == Node::State::placeholder) reject_placeholder(array);
      if (array.node()->state() == Node::State::pending) pending.push_back(array.node());
    }
    if (!pending.empty()) {
      created = {0, 0, created.flushing};
      evaluate_nodes(pending, {pending.begin(), pending.end()}, 0);
    }
    if (!wait) return;
    for (const Array& array : arrays) array.node()->wait();
  }

  void node_created(Node& node) override {
    if (Trace* trace = current_trace()) {
      trace->node_created(Array(&node, 0));
      return;
    }
    ++created.nodes;
    for (const Output& output : node.outputs) {
      created.bytes += static_cast<size_t>(element_count(output.shape)) * size_of(output.dtype);
    }
    PendingBudget budget = pending_budget();
    bool over = (budget.nodes && created.nodes >= budget.nodes) ||
                (budget.bytes && created.bytes >= budget.bytes);
    if (over && !created.flushing && !retain_token()) flush();
  }

 private:
  // Evaluates all that this thread has made and somebody still holds.
  static void flush() {
    created = {0, 0, true};
    struct Done {
      ~Done() { created = {}; }
    } done;
    std::vector<Array> arrays = PendingNodes::arrays(thread_number());
    std::vector<Node*> nodes;
    for (const Array& array : arrays) nodes.push_back(array.node());
    count_flush();
    evaluate_nodes(nodes, {}, 1);
    for (const Array& array : arrays) array.node()->wait();
  }
};

LazyEvaluator lazy_evaluator;

}  // namespace
}  // namespace lazulite
