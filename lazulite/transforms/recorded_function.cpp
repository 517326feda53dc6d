#include "lazulite/transforms/recorded_function.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "lazulite/core/cell_state.h"
#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/primitives/control.h"
#include "lazulite/ops/primitives/fields.h"
#include "lazulite/ops/primitives/views.h"
#include "lazulite/program/evaluate.h"
#include "lazulite/transforms/compile_trace.h"
#include "lazulite/transforms/custom_function.h"
#include "lazulite/transforms/traced.h"

namespace lazulite {
namespace {

using ValueId = RecordedFunction::ValueId;

// Cells are read as they are, and written for the function alone.
class ExportTrace final : public Trace {
 public:
  bool has_value(const CellPtr& cell) override { return value_of(cell).valid(); }
  Array read(const CellPtr& cell) override { return value_of(cell); }
  void write(const CellPtr& cell, Array value) override { written_[cell] = std::move(value); }
  void observe(const std::shared_ptr<std::atomic<uint64_t>>&) override {}
  void node_created(const Array&) override {}

  // Puts into the cells what they would hold had the function not been traced, where that is known.
  void keep_what_is_known() {
    for (auto& [cell, value] : written_) {
      if (!value.valid() || is_traced(value)) continue;
      value.eval();
      const CellPtr state = resolved(cell);
      History::Garbage garbage;
      std::lock_guard lock(cells_mutex());
      if (!state->resolve) {
        (void)state->settle(garbage);
        state->history.keep(state->value, value, false, garbage);
      }
      std::swap(state->value, value);
    }
  }

 private:
  Array value_of(const CellPtr& cell) {
    auto found = written_.find(cell);
    if (found != written_.end()) return found->second;
    const CellPtr state = resolved(cell);
    History::Garbage garbage;
    FailurePtr failure;
    Array value;
    {
      std::lock_guard lock(cells_mutex());
      failure = state->settle(garbage);
      value = state->value;
    }
    if (failure) failure->raise();
    return value;
  }

  std::map<CellPtr, Array> written_;
};

// Lays out the graph behind a function's results.
class Recorder {
 public:
  Recorder(const Arrays& arguments, const ShapeNotes* notes, uint64_t first)
      : notes_(notes), first_(first) {
    for (const Array& argument : arguments) {
      ids_.emplace(Key{argument.node(), argument.output()}, next_++);
      out_.arguments.push_back({argument.shape(), argument.dtype()});
    }
  }

  RecordedFunction record(const Arrays& results) {
    collect(results);
    std::sort(nodes_.begin(), nodes_.end(), [](const Array& a, const Array& b) {
      return a.node()->sequence < b.node()->sequence;
    });
    for (const Array& leaf : leaves_) note(leaf);
    eval(out_.constants);
    for (const Array& array : nodes_) add(*array.node());
    for (const Array& result : results) out_.results.push_back(id_of(result));
    return std::move(out_);
  }

 private:
  using Key = std::pair<Node*, uint32_t>;
  struct Hash {
    size_t operator()(const Key& key) const {
      return std::hash<Node*>()(key.first) * 31 + key.second;
    }
  };

  bool is_argument(const Array& array) const {
    return ids_.contains({array.node(), array.output()});
  }
  bool is_built(const Node& node) const { return node.primitive && node.sequence >= first_; }
  // What leads to the results through derivatives that are followed anyway is not needed.
  static size_t passed_over(const Node& node) {
    const auto* custom = node.primitive->get_if<CustomTransforms>();
    return custom && custom->rules->follows_graph ? custom->arguments : 0;
  }

  void collect(const Arrays& results) {
    Arrays stack = results;
    std::unordered_set<Node*> seen;
    std::lock_guard lock(graph_mutex());
    while (!stack.empty()) {
      const Array array = std::move(stack.back());
      stack.pop_back();
      if (is_argument(array)) continue;
      Node* node = array.node();
      if (!is_built(*node)) {
        if (leaf_keys_.emplace(node, array.output()).second) leaves_.push_back(array);
        continue;
      }
      if (!seen.insert(node).second) continue;
      nodes_.emplace_back(node, 0);
      for (size_t i = passed_over(*node); i < node->inputs.size(); ++i) {
        stack.push_back(node->inputs[i]);
      }
      const Array* like = notes_ ? notes_->like(array) : nullptr;
      if (like && is_built(*like->node())) stack.push_back(*like);
    }
  }

  // Captured arrays.
  void note(const Array& leaf) {
    if (leaf.node()->state() == Node::State::placeholder) {
      throw ValueError("export_function: the function captures an array of shape " +
                       to_string(leaf.shape()) +
                       " that is itself an argument of a function that is being traced");
    }
    ids_.emplace(Key{leaf.node(), leaf.output()}, next_++);
    out_.constants.push_back(leaf);
  }

  void add(Node& node) {
    if (const size_t passed = passed_over(node)) {
      for (uint32_t i = 0; i < node.outputs.size(); ++i) {
        ids_.emplace(Key{&node, i}, id_of(node.inputs[passed + i]));
      }
      return;
    }
    if (!is_portable(*node.primitive)) {
      throw ValueError(fmt::format(
          "export_function: {} cannot be exported: what it computes, or its derivative, is a "
          "function of this program",
          name_of(*node.primitive)));
    }
    RecordedFunction::Step step{node.primitive, {}, {}};
    for (const Array& input : node.inputs) step.inputs.push_back(id_of(input));
    for (uint32_t i = 0; i < node.outputs.size(); ++i) {
      step.outputs.push_back({node.outputs[i].shape, node.outputs[i].dtype});
      ids_.emplace(Key{&node, i}, next_++);
    }
    if (notes_) add_notes(step, Array(&node, 0));
    out_.steps.push_back(std::move(step));
  }

  void add_notes(RecordedFunction::Step& step, const Array& array) {
    if (const Shape* asked = notes_->of(array)) step.asked = *asked;
    const Array* like = notes_->like(array);
    if (!like) return;
    if (is_built(*like->node()) || is_argument(*like)) {
      step.like = id_of(*like);
    } else {
      step.asked = like->shape();
      if (array.node()->primitive->get_if<Reshape>() && !step.asked->empty()) {
        step.asked->back() = ShapeNotes::rest;
      }
    }
  }

  ValueId id_of(const Array& array) const { return ids_.at({array.node(), array.output()}); }

  const ShapeNotes* const notes_;
  const uint64_t first_;
  RecordedFunction out_;
  std::unordered_map<Key, ValueId, Hash> ids_;
  std::unordered_set<Key, Hash> leaf_keys_;
  Arrays nodes_, leaves_;
  ValueId next_ = 0;
};

// Nodes stand for others, and are not counted among those that wait for an evaluation.
class QuietTrace final : public Trace {
 public:
  bool has_value(const CellPtr&) override { return false; }
  Array read(const CellPtr&) override { return {}; }
  void write(const CellPtr&, Array) override {}
  void observe(const std::shared_ptr<std::atomic<uint64_t>>&) override {}
  void node_created(const Array&) override {}
};

Arrays placeholders(const ArrayTypes& types) {
  Arrays out;
  for (const ArrayType& type : types) out.push_back(placeholder(type.shape, type.dtype));
  return out;
}

}  // namespace

RecordedFunction record_function(const ArraysFunction& function, const Arrays& arguments,
                                 bool shapeless) {
  expect_array("export_function", arguments);
  detail::expect_function("export_function", function);
  ArrayTypes types;
  for (const Array& array : arguments) types.push_back({array.shape(), array.dtype()});
  const Arrays given = placeholders(types);
  const uint64_t first = placeholder({}, Dtype::bool_).node()->sequence;
  ShapeNotes notes;
  ExportTrace trace;
  Arrays results;
  {
    const TraceScope scope(&trace);
    const KeptRules kept;
    const ShapeNotesScope noted(shapeless ? &notes : nullptr);
    results = function(given);
  }
  expect_array("export_function", results);
  RecordedFunction out = Recorder(given, shapeless ? &notes : nullptr, first).record(results);
  out.shapeless = shapeless;
  trace.keep_what_is_known();
  return out;
}

RebuiltFunction::RebuiltFunction(RecordedFunction recorded) : recorded_(std::move(recorded)) {
  const Arrays arguments = placeholders(recorded_.arguments);
  const uint64_t first = placeholder({}, Dtype::bool_).node()->sequence;
  Arrays values = arguments;
  values.insert(values.end(), recorded_.constants.begin(), recorded_.constants.end());
  QuietTrace quiet;
  const TraceScope scope(&quiet);
  ShapeNotes notes;
  Arrays results = build(std::move(values), &notes);
  if (recorded_.shapeless) {
    trace_ = ShapelessTrace::of_parts(arguments, std::move(results), std::move(notes), first);
  }
}

bool RebuiltFunction::takes(const Arrays& arguments) const {
  if (arguments.size() != recorded_.arguments.size()) return false;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const ArrayType& type = recorded_.arguments[i];
    const bool fits = recorded_.shapeless ? arguments[i].ndim() == type.shape.size()
                                          : arguments[i].shape() == type.shape;
    if (!fits || arguments[i].dtype() != type.dtype) return false;
  }
  return true;
}

Arrays RebuiltFunction::operator()(const Arrays& arguments) const {
  if (!takes(arguments)) throw ValueError("the arguments are not those of the exported function");
  if (trace_) return trace_->again(arguments);
  Arrays values = arguments;
  values.insert(values.end(), recorded_.constants.begin(), recorded_.constants.end());
  return build(std::move(values), nullptr);
}

// With `notes`, for the first time: all that was said of the steps is checked, and noted.
Arrays RebuiltFunction::build(Arrays values, ShapeNotes* notes) const {
  for (const RecordedFunction::Step& step : recorded_.steps) {
    SmallVector<Array, 2> inputs;
    for (ValueId input : step.inputs) inputs.push_back(values.at(input));
    const std::vector<Array> outputs = remake(step.primitive, std::move(inputs));
    if (notes) {
      bool same = outputs.size() == step.outputs.size();
      for (size_t i = 0; same && i < outputs.size(); ++i) {
        same = outputs[i].shape() == step.outputs[i].shape &&
               outputs[i].dtype() == step.outputs[i].dtype;
      }
      if (!same) {
        throw Error(fmt::format("{} does not give what is said of it", to_string(*step.primitive)));
      }
      if (step.asked) notes->note(outputs[0], *step.asked);
      if (step.like) notes->note_like(outputs[0], values.at(*step.like));
    }
    values.insert(values.end(), outputs.begin(), outputs.end());
  }
  Arrays results;
  for (ValueId result : recorded_.results) results.push_back(values.at(result));
  return results;
}

}  // namespace lazulite
