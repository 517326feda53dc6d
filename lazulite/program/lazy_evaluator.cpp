#include "lazulite/program/lazy_evaluator.h"

#include <algorithm>

#include "lazulite/core/errors.h"
#include "lazulite/core/may_fail.h"
#include "lazulite/core/observer.h"
#include "lazulite/core/pending.h"
#include "lazulite/core/trace.h"
#include "lazulite/ops/primitives/custom.h"
#include "lazulite/ops/primitives/primitive.h"
#include "lazulite/program/executor.h"
#include "lazulite/program/options.h"
#include "lazulite/program/pinned.h"
#include "lazulite/program/statistics.h"

namespace lazulite {
namespace {

/// What the thread has created since its last evaluation.
struct Created {
  size_t nodes = 0;
  size_t bytes = 0;  // of the evaluated arrays that they read, repetitions included
  bool flushing = false;
};
thread_local Created created;

size_t bytes_of(const Output& output) {
  return static_cast<size_t>(element_count(output.shape)) * size_of(output.dtype);
}

class LazyEvaluator final : public Evaluator {
 public:
  LazyEvaluator() { set_evaluator(*this); }

  void evaluate(std::span<const Array> arrays, bool wait, SourcePlace where) override {
    if (const CustomOperation* operation = running_operation()) expect_arrived(*operation, arrays);
    AskScope ask(wait ? Cause::eval : Cause::async_eval, where);
    for (;;) {
      start(arrays);
      if (!wait) return;
      const int64_t before = is_watched(Watch::calls) ? nanoseconds_now() : 0;
      bool all = true, waits = false;
      for (const Array& array : arrays) {
        const bool executes = Executor::is_current();
        EventPtr event = before || executes ? array.node()->event() : nullptr;
        if (event) waits = true;
        if (event && executes) Executor::wait_for(*event);
        // False where another thread had begun to compute it, and could not.
        all &= array.node()->wait();
      }
      if (waits && before) note_waited(before);
      if (all) return;
    }
  }

  void node_created(Node& node) override {
    if (PlanningScope::active()) return;
    if (Trace* trace = current_trace()) {
      trace->node_created(Array(&node, 0));
      return;
    }
    node.unsure = may_refuse(*node.primitive) || finite_guard() != FiniteGuard::off ||
                  std::any_of(node.inputs.begin(), node.inputs.end(),
                              [](const Array& input) { return may_fail(*input.node()); });
    ++created.nodes;
    for (const Array& input : node.inputs) {
      if (input.node()->has_value())
        created.bytes += bytes_of(input.node()->outputs[input.output()]);
    }
    PendingBudget budget = pending_budget();
    bool many = budget.nodes && created.nodes >= budget.nodes;
    bool large = budget.bytes && created.bytes >= budget.bytes;
    if ((many || large) && !created.flushing && !retain_token()) flush(many, budget.bytes);
  }

 private:
  // What an operation's run asks for may stand behind it, or be computed by the plan that runs it.
  static void expect_arrived(const CustomOperation& operation, std::span<const Array> arrays) {
    for (const Array& array : arrays) {
      if (array.valid() && array.node()->arrived()) continue;
      throw Error("eval: '" + operation.name +
                  "' asks in its run for an array that is not computed yet; what it needs must be "
                  "an input of it");
    }
  }

  static void start(std::span<const Array> arrays) {
    std::vector<Node*> pending;
    for (const Array& array : arrays) {
      if (!array.valid()) throw Error("eval: an empty handle was given in the place of an array");
      if (array.node()->state() == Node::State::placeholder) reject_placeholder(array);
      if (array.node()->state() == Node::State::pending) pending.push_back(array.node());
    }
    if (pending.empty()) return;
    created = {0, 0, created.flushing};
    evaluate_nodes(pending, {pending.begin(), pending.end()}, {});
  }

  // Evaluates all that this thread has made and somebody still holds; where there is only much that
  // is read, only if that would free memory.
  static void flush(bool many, size_t budget) {
    AskScope ask(Cause::budget);
    created = {many ? 0 : created.nodes, 0, true};
    struct Done {
      ~Done() { created.flushing = false; }
    } done;
    std::vector<Array> arrays = PendingNodes::arrays(thread_number());
    if (!many && pinned_bytes(arrays) < budget) return;
    created.nodes = 0;
    std::vector<Node*> nodes;
    for (const Array& array : arrays) nodes.push_back(array.node());
    count_flush();
    try {
      // Others of the piece, which another thread has made, are not among the handles here.
      evaluate_nodes(nodes, {}, {nodes.begin(), nodes.end()});
    } catch (const std::exception&) {
      // Whoever reads what cannot be computed is told; this is somebody else's line.
      return;
    }
    for (const Array& array : arrays) {
      if (EventPtr event = array.node()->event()) Executor::wait_for(*event);
    }
  }
};

LazyEvaluator lazy_evaluator;

}  // namespace
}  // namespace lazulite
