#include "lazulite/transforms/compile.h"

#include <algorithm>
#include <atomic>
#include <mutex>

#include "lazulite/core/errors.h"
#include "lazulite/ops/primitives.h"
#include "lazulite/program/evaluate.h"
#include "lazulite/program/linearize.h"
#include "lazulite/transforms/compile_trace.h"

namespace lazulite {
namespace {

std::atomic<bool> enabled{true};
std::atomic<uint64_t> traces{0};

/// What a plan was made for: an array of this shape and dtype, or an empty cell.
struct Signature {
  bool present = false;
  Shape shape = {};
  Dtype dtype = Dtype::float32;

  static Signature of(const Array& array) {
    return array.valid() ? Signature{true, array.shape(), array.dtype()} : Signature{};
  }
  bool operator==(const Signature&) const = default;
};

/// A cell that takes part in a compiled function.
struct CompiledCell {
  std::shared_ptr<CellState> state;
  Signature before;
  bool written;
};

/// One traced version of a function.
struct Traced {
  std::vector<Signature> arguments;
  std::vector<CompiledCell> cells;
  std::vector<CompileTrace::Observed> observed;
  std::shared_ptr<const Plan> plan;
  size_t result_count;

  bool matches(const Arrays& given) const {
    bool same = given.size() == arguments.size();
    for (size_t i = 0; same && i < given.size(); ++i)
      same = Signature::of(given[i]) == arguments[i];
    for (size_t i = 0; same && i < cells.size(); ++i) {
      same = Signature::of(cells[i].state->value) == cells[i].before;
    }
    for (size_t i = 0; same && i < observed.size(); ++i) {
      same = *observed[i].version == observed[i].count;
    }
    return same;
  }
};

// Pending arrays that were made before the trace are constants of it: they are computed once.
void evaluate_captured(const Arrays& results, uint64_t first_of_trace) {
  Arrays captured;
  {
    std::lock_guard lock(graph_mutex());
    std::vector<Node*> roots;
    for (const Array& result : results) roots.push_back(result.node());
    auto add = [&](const Array& array) {
      bool old = array.node()->sequence < first_of_trace;
      if (old && array.node()->state() == Node::State::pending) captured.push_back(array);
    };
    for (Node* node : topological_order(roots)) {
      if (node->sequence < first_of_trace) continue;
      for (const Array& input : node->inputs) add(input);
    }
    for (const Array& result : results) add(result);
  }
  async_eval(captured);
}

Traced trace(const ArraysFunction& function, const Arrays& given) {
  ++traces;
  uint64_t first_of_trace = placeholder({}, Dtype::bool_).node()->sequence;
  CompileTrace trace;
  Arrays arguments, results;
  for (const Array& array : given) arguments.push_back(placeholder(array.shape(), array.dtype()));
  {
    TraceScope scope(&trace);
    results = function(arguments);
  }
  for (const Array& result : results) {
    if (!result.valid()) throw Error("compile: the function returned an empty handle as an array");
  }
  trace.check_escapes(arguments, results);

  Traced out;
  out.result_count = results.size();
  out.observed = trace.observed();
  for (const Array& array : given) out.arguments.push_back(Signature::of(array));
  Program program;
  Arrays inputs = arguments;
  for (const CompileTrace::TouchedCell& cell : trace.cells()) {
    out.cells.push_back({cell.state, Signature::of(cell.argument), cell.written});
    if (cell.argument.valid()) inputs.push_back(cell.argument);
    if (!cell.written) continue;
    if (!cell.current.valid()) {
      throw Error("compile: the cell '" + cell.state->name + "' was emptied by the function");
    }
    results.push_back(cell.current);
  }
  for (const Array& input : inputs) {
    program.inputs.push_back(program.add_value(input.shape(), input.dtype()));
    program.input_strides.push_back(row_major_strides(input.shape()));
  }
  evaluate_captured(results, first_of_trace);
  program.outputs = append_graph(program, inputs, program.inputs, results);
  out.plan = std::make_shared<const Plan>(std::move(program));
  return out;
}

// Plans expect their inputs row-major.
Array made_ready(const Array& array) {
  if (!array.is_evaluated()) async_eval({array});
  const Output& output = array.node()->outputs[array.output()];
  if (is_row_major(output.shape, output.strides)) return array;
  Array copy = make_array(make_primitive(Copy{}), {array}, array.shape(), array.dtype());
  async_eval({copy});
  return copy;
}

class Compiled {
 public:
  explicit Compiled(ArraysFunction function) : function_(std::move(function)) {}

  Arrays operator()(const Arrays& given) {
    if (!enabled || current_trace() || retain_token()) return function_(given);
    std::lock_guard lock(mutex_);
    evaluate_pending(given);
    auto found = std::find_if(versions_.begin(), versions_.end(),
                              [&](const Traced& traced) { return traced.matches(given); });
    if (found == versions_.end()) {
      versions_.push_back(trace(function_, given));
      found = std::prev(versions_.end());
    }
    return run(*found, given);
  }

 private:
  void evaluate_pending(const Arrays& given) {
    Arrays pending;
    auto add = [&](const Array& array) {
      if (array.valid() && !array.is_evaluated()) pending.push_back(array);
    };
    for (const Array& array : given) {
      if (!array.valid()) throw Error("compile: an empty handle was given as an argument");
      add(array);
    }
    if (!versions_.empty()) {
      for (const CompiledCell& cell : versions_.back().cells) add(cell.state->value);
    }
    if (!pending.empty()) async_eval(pending);
  }

  // Cells that are written give their old value away, so that the new one can take its memory.
  static Arrays run(const Traced& traced, const Arrays& given) {
    Arrays inputs;
    inputs.reserve(given.size() + traced.cells.size());
    for (const Array& array : given) inputs.push_back(made_ready(array));
    std::vector<std::pair<CellState*, size_t>> taken;
    for (const CompiledCell& cell : traced.cells) {
      if (!cell.before.present) continue;
      Array ready = made_ready(cell.state->value);
      if (cell.written) {
        taken.emplace_back(cell.state.get(), inputs.size());
        cell.state->value = Array();
      }
      inputs.push_back(std::move(ready));
    }
    Arrays results;
    try {
      results = run_plan(traced.plan, inputs);
    } catch (...) {
      for (auto [state, position] : taken) state->value = inputs[position];
      throw;
    }
    size_t next = traced.result_count;
    for (const CompiledCell& cell : traced.cells) {
      if (cell.written) cell.state->value = results[next++];
    }
    results.resize(traced.result_count);
    return results;
  }

  ArraysFunction function_;
  std::mutex mutex_;
  std::vector<Traced> versions_;
};

}  // namespace

ArraysFunction compile_arrays(ArraysFunction function) {
  auto compiled = std::make_shared<Compiled>(std::move(function));
  return [compiled](const Arrays& arguments) { return (*compiled)(arguments); };
}

void set_compile_enabled(bool value) { enabled = value; }
bool compile_enabled() { return enabled; }
uint64_t trace_count() { return traces; }

}  // namespace lazulite
