#include "lazulite/transforms/compile.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>

#include "lazulite/core/cell_state.h"
#include "lazulite/core/errors.h"
#include "lazulite/core/fork.h"
#include "lazulite/core/observer.h"
#include "lazulite/core/pending.h"
#include "lazulite/ops/primitives/movers.h"
#include "lazulite/program/evaluate.h"
#include "lazulite/program/executor.h"
#include "lazulite/program/linearize.h"
#include "lazulite/program/options.h"
#include "lazulite/program/prepared_run.h"
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
  bool fits(const Array& array) const {
    if (!array.valid()) return !present;
    return present && array.dtype() == dtype && array.shape() == shape;
  }
};

/// A cell that takes part in a compiled function.
struct CompiledCell {
  CellPtr cell;  // before it is resolved for the calling thread
  Signature before;
  bool written;
};

/// One traced version of a function.
struct Traced {
  std::vector<Signature> arguments;
  std::vector<CompiledCell> cells;
  std::vector<CompileTrace::Observed> observed;
  std::shared_ptr<const Program> program;  // as traced, to be planned again
  PlanOptions options;
  std::shared_ptr<const Plan> plan;
  std::vector<uint32_t> origins;      // of its checks
  std::vector<uint32_t> all_origins;  // of the program's instructions
  size_t result_count;

  // Makes what the calling thread has cells of its own for. Not to be left to the lock of cells,
  // which that takes.
  void make_cells_of_thread() const {
    for (const CompiledCell& cell : cells) {
      if (cell.cell->resolve) (void)cell.cell->resolve();
    }
  }

  bool matches(const Arrays& given) const {
    bool same = given.size() == arguments.size();
    for (size_t i = 0; same && i < given.size(); ++i) same = arguments[i].fits(given[i]);
    for (size_t i = 0; same && i < observed.size(); ++i) {
      same = *observed[i].version == observed[i].value;
    }
    if (!same || cells.empty()) return same;
    make_cells_of_thread();
    std::lock_guard lock(cells_mutex());
    for (size_t i = 0; same && i < cells.size(); ++i) {
      same = cells[i].before.fits(resolved(cells[i].cell)->value);
    }
    return same;
  }

  // What keeps it from being used, in words.
  std::vector<std::string> differences(const Arrays& given) const {
    std::vector<std::string> out;
    if (given.size() != arguments.size()) {
      out.push_back(
          fmt::format("{} arguments where there were {}", given.size(), arguments.size()));
    }
    for (size_t i = 0; i < std::min(given.size(), arguments.size()); ++i) {
      add_difference(out, fmt::format("argument {}", i), arguments[i], Signature::of(given[i]));
    }
    for (const CompileTrace::Observed& flag : observed) {
      if (*flag.version == flag.value) continue;
      out.emplace_back(
          "a flag that the function looked at (training mode, frozen parameters, a scheduled "
          "option) has changed");
    }
    make_cells_of_thread();
    std::lock_guard lock(cells_mutex());
    for (const CompiledCell& cell : cells) {
      CellPtr state = resolved(cell.cell);
      add_difference(out, "'" + state->name + "'", cell.before, Signature::of(state->value));
    }
    return out;
  }

  static void add_difference(std::vector<std::string>& out, const std::string& what,
                             const Signature& before, const Signature& now) {
    if (before == now) return;
    auto text = [](const Signature& signature) {
      return signature.present
                 ? fmt::format("{} {}", name_of(signature.dtype), to_string(signature.shape))
                 : std::string("empty");
    };
    out.push_back(fmt::format("{} is {} where it was {}", what, text(now), text(before)));
  }
};

// Starts the computation of an array, if need be, until it has memory.
void make_bound(const Array& array) {
  do {
    if (!array.node()->has_value()) async_eval({array});
  } while (!array.node()->wait_bound());
}

// Pending arrays that were made before the trace are constants of it: they are computed once.
void evaluate_captured(const Arrays& results, uint64_t first_of_trace) {
  Arrays captured;
  {
    std::lock_guard lock(graph_mutex());
    std::vector<Node*> roots;
    for (const Array& result : results) roots.push_back(result.node());
    auto add = [&](const Array& array) {
      Node::State state = array.node()->state();
      // Also what another thread is about to give its memory.
      bool unbound = state == Node::State::pending || state == Node::State::scheduled;
      if (array.node()->sequence < first_of_trace && unbound) captured.push_back(array);
    };
    for (Node* node : topological_order(roots)) {
      if (node->sequence < first_of_trace) continue;
      for (const Array& input : node->inputs) add(input);
    }
    for (const Array& result : results) add(result);
  }
  for (const Array& array : captured) make_bound(array);
}

std::string name_of_cell(const CellPtr& cell) {
  CellPtr state = resolved(cell);
  std::lock_guard lock(cells_mutex());
  return state->name;
}

void make_plan(Traced& traced) {
  PlanningScope planning;
  const int64_t start = is_watched(Watch::calls) ? nanoseconds_now() : 0;
  traced.options = PlanOptions::current();
  traced.plan = std::make_shared<const Plan>(*traced.program, traced.all_origins);
  if (start) note_planned(start);
}

// In the order in which append_graph lays the nodes out.
void note_origins(Traced& traced, const Arrays& results) {
  std::lock_guard lock(graph_mutex());
  std::vector<Node*> roots;
  for (const Array& result : results) roots.push_back(result.node());
  std::vector<Node*> nodes = topological_order(roots);
  traced.origins = origins_of_checks(nodes);
  traced.all_origins = origins_of_nodes(nodes);
}

Traced trace(const ArraysFunction& function, const Arrays& given, const CompileOptions& options) {
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
  if (options.check_escapes) {
    try {
      trace.check_escapes(arguments, results);
    } catch (const Error&) {
      if (!options.release_garbage) throw;
      options.release_garbage();
      trace.check_escapes(arguments, results);
    }
  }

  Traced out;
  out.result_count = results.size();
  out.observed = trace.observed();
  for (const Array& array : given) out.arguments.push_back(Signature::of(array));
  Program program;
  Arrays inputs = arguments;
  for (const CompileTrace::TouchedCell& cell : trace.cells()) {
    // What was put into an empty cell may have been taken back.
    const bool written = cell.written && (cell.current.valid() || cell.argument.valid());
    out.cells.push_back({cell.state, Signature::of(cell.argument), written});
    if (cell.argument.valid()) {
      if (written) program.replaced_inputs.push_back(static_cast<uint32_t>(inputs.size()));
      inputs.push_back(cell.argument);
    }
    if (!written) continue;
    if (!cell.current.valid()) {
      throw Error("compile: the cell '" + name_of_cell(cell.state) +
                  "' was emptied by the function");
    }
    results.push_back(cell.current);
  }
  for (const Array& input : inputs) {
    program.inputs.push_back(program.add_value(input.shape(), input.dtype()));
    program.input_strides.push_back(row_major_strides(input.shape()));
  }
  evaluate_captured(results, first_of_trace);
  note_origins(out, results);
  program.outputs = append_graph(program, inputs, program.inputs, results);
  out.program = std::make_shared<const Program>(std::move(program));
  make_plan(out);
  return out;
}

// Plans expect their inputs row-major.
void make_ready(Array& array) {
  if (!array.node()->arrived()) make_bound(array);
  const Output& output = array.node()->outputs[array.output()];
  if (is_row_major(output.shape, output.strides)) return;
  array = make_array(make_primitive(Copy{}), {array}, array.shape(), array.dtype());
  make_bound(array);
}

// Throws the error with which an array's computation has failed, if it is known.
void raise_failure(const Array& array) {
  if (array.node()->arrived()) return;
  EventPtr event = array.node()->event();
  if (FailurePtr failure = event ? event->failure() : nullptr) failure->raise();
}

/// A cell's part in one run.
struct Used {
  CellPtr state;
  Array seen = {};      // its value when the call was prepared
  size_t position = 0;  // of its value among the inputs
};

// What the cells hold now. Throws a failure that nobody has been told of.
std::vector<Used> read_cells(const Traced& traced) {
  std::vector<Used> cells;
  if (traced.cells.empty()) return cells;
  cells.reserve(traced.cells.size());
  History::Garbage garbage;
  FailurePtr failure;
  for (const CompiledCell& cell : traced.cells) cells.push_back({resolved(cell.cell)});
  {
    std::lock_guard lock(cells_mutex());
    for (size_t i = 0; i < cells.size(); ++i) {
      FailurePtr found = cells[i].state->settle(garbage);
      if (!failure) failure = std::move(found);
      cells[i].seen = cells[i].state->value;
    }
  }
  if (failure) failure->raise();
  return cells;
}

/// One call: its inputs, prepared, and the cells that they come from.
class CompiledCall {
 public:
  CompiledCall(const Traced& traced, Arrays given)
      : traced_(traced),
        cells_(read_cells(traced)),
        argument_count_(given.size()),
        inputs_(std::move(given)) {
    if (!cells_.empty()) inputs_.reserve(argument_count_ + cells_.size());
    for (Array& input : inputs_) make_ready(input);
    for (size_t i = 0; i < cells_.size(); ++i) {
      const Signature& expected = traced.cells[i].before;
      if (!expected.fits(cells_[i].seen)) stale_ = true;
      if (stale_ || !expected.present) continue;
      cells_[i].position = inputs_.size();
      inputs_.push_back(cells_[i].seen);
      make_ready(inputs_.back());
    }
    for (const Array& input : inputs_) raise_failure(input);
  }

  /// Starts the run and puts its results into the cells. Nothing if a cell has changed meanwhile.
  std::optional<Arrays> start() {
    ForkGate gate;
    Executor::wait_for_room();
    std::optional<PreparedRun> run;
    if (cells_.empty()) {
      run.emplace(traced_.plan, inputs_, forget_seen(), traced_.origins);
    } else {
      History::Garbage garbage;
      std::vector<Array> replaced;
      replaced.reserve(cells_.size());
      std::lock_guard lock(cells_mutex());
      if (!unchanged()) return std::nullopt;
      keep_earlier(garbage);
      run.emplace(traced_.plan, inputs_, forget_seen(), traced_.origins);
      publish(run->results(), replaced);
    }
    run->start();
    Arrays results = run->take_results();
    results.resize(traced_.result_count);
    return results;
  }

  /// The arguments, for another try.
  Arrays take_arguments() {
    inputs_.resize(argument_count_);
    return std::move(inputs_);
  }

 private:
  bool unchanged() const {
    return !stale_ && std::all_of(cells_.begin(), cells_.end(), [](const Used& cell) {
      return cell.state->value.is_same(cell.seen);
    });
  }

  // How many references to each input's node end with this call: its own, and for a cell that is
  // written also the cell's.
  SmallVector<uint32_t, 16> forget_seen() {
    SmallVector<uint32_t, 16> references(inputs_.size(), 1);
    for (size_t i = 0; i < cells_.size(); ++i) {
      Used& cell = cells_[i];
      bool same = cell.seen.valid() && cell.seen.is_same(inputs_[cell.position]);
      if (same && traced_.cells[i].written) references[cell.position] = 2;
      cell.seen = Array();
    }
    return references;
  }

  // Before the run takes the cells' memory.
  void keep_earlier(History::Garbage& garbage) {
    for (size_t i = 0; i < cells_.size(); ++i) {
      CellState& state = *cells_[i].state;
      if (traced_.cells[i].written) state.history.keep_loosely(state.value, garbage);
    }
  }

  // In the order of the cells, behind the function's own results.
  void publish(const Arrays& results, std::vector<Array>& replaced) noexcept {
    size_t next = traced_.result_count;
    for (size_t i = 0; i < cells_.size(); ++i) {
      if (!traced_.cells[i].written) continue;
      replaced.push_back(std::exchange(cells_[i].state->value, results[next++]));
    }
  }

  const Traced& traced_;
  std::vector<Used> cells_;
  size_t argument_count_;
  Arrays inputs_;
  bool stale_ = false;
};

}  // namespace

// More versions than this are rarely of use, and each keeps a plan.
constexpr size_t most_versions = 64;

class CompiledFunction::Versions {
 public:
  Versions(ArraysFunction function, CompileOptions options)
      : function_(std::move(function)), options_(options) {}

  Arrays call(Arrays given) {
    if (!enabled || current_trace() || retain_token()) return function_(given);
    AskScope ask(Cause::call);
    for (const Array& array : given) {
      if (!array.valid()) throw Error("compile: an empty handle was given as an argument");
    }
    for (;;) {
      std::shared_ptr<const Traced> version = find(given);
      if (!version) {
        version = make_version(given);
        keep(version);
      }
      evaluate_pending(given, *version);
      CompiledCall call(*version, std::move(given));
      if (std::optional<Arrays> results = call.start()) {
        note_computed(version->program->instructions.size());
        return std::move(*results);
      }
      given = call.take_arguments();
    }
  }

  std::shared_ptr<const Plan> plan() {
    std::lock_guard lock(mutex_);
    return versions_.empty() ? nullptr : versions_.front()->plan;
  }

 private:
  std::shared_ptr<const Traced> find(const Arrays& given) {
    const PlanOptions options = PlanOptions::current();
    std::lock_guard lock(mutex_);
    auto found = std::find_if(versions_.begin(), versions_.end(), [&](const auto& version) {
      return version->options == options && version->matches(given);
    });
    if (found == versions_.end()) return nullptr;
    std::rotate(versions_.begin(), found, found + 1);
    return versions_.front();
  }

  // A trace, unless only the options are others than those that one was planned with.
  std::shared_ptr<const Traced> make_version(const Arrays& given) {
    std::shared_ptr<const Traced> traced;
    {
      std::lock_guard lock(mutex_);
      auto found = std::find_if(versions_.begin(), versions_.end(),
                                [&](const auto& version) { return version->matches(given); });
      if (found != versions_.end()) traced = *found;
    }
    if (!traced) return traced_anew(given);
    auto again = std::make_shared<Traced>(*traced);
    make_plan(*again);
    return again;
  }

  std::shared_ptr<const Traced> traced_anew(const Arrays& given) {
    const bool logged = is_watched(Watch::calls) && !options_.name.empty();
    if (!logged) return std::make_shared<const Traced>(trace(function_, given, options_));
    Retrace retrace;
    retrace.function = options_.name;
    retrace.place = place_text(current_origin(), {});
    retrace.thread = thread_number();
    {
      std::lock_guard lock(mutex_);
      retrace.first = versions_.empty();
      if (!retrace.first) retrace.reasons = versions_.front()->differences(given);
    }
    retrace.start = nanoseconds_now();
    auto traced = std::make_shared<const Traced>(trace(function_, given, options_));
    retrace.duration = nanoseconds_now() - retrace.start;
    report(retrace);
    return traced;
  }

  void keep(std::shared_ptr<const Traced> version) {
    std::shared_ptr<const Traced> oldest;  // freed without the lock
    std::lock_guard lock(mutex_);
    versions_.insert(versions_.begin(), std::move(version));
    if (versions_.size() <= most_versions) return;
    oldest = std::move(versions_.back());
    versions_.pop_back();
  }

  // All in one plan.
  static void evaluate_pending(const Arrays& given, const Traced& version) {
    Arrays pending;
    auto add = [&](const Array& array) {
      if (array.valid() && !array.is_evaluated()) pending.push_back(array);
    };
    for (const Array& array : given) add(array);
    if (!version.cells.empty()) {
      version.make_cells_of_thread();
      std::lock_guard lock(cells_mutex());
      for (const CompiledCell& cell : version.cells) add(resolved(cell.cell)->value);
    }
    if (!pending.empty()) async_eval(pending);
  }

  const ArraysFunction function_;
  const CompileOptions options_;
  GatedMutex mutex_;
  std::vector<std::shared_ptr<const Traced>> versions_;  // the most recently used first
};

CompiledFunction::CompiledFunction(ArraysFunction function, CompileOptions options) {
  detail::expect_function("compile", function);
  versions_ = std::make_shared<Versions>(std::move(function), options);
}

Arrays CompiledFunction::operator()(Arrays arguments) const {
  return versions_->call(std::move(arguments));
}

std::shared_ptr<const Plan> CompiledFunction::plan() const { return versions_->plan(); }

CompiledFunction compile_arrays(ArraysFunction function, CompileOptions options) {
  return CompiledFunction(std::move(function), options);
}

void set_compile_enabled(bool value) { enabled = value; }
bool compile_enabled() { return enabled; }
uint64_t trace_count() { return traces; }

}  // namespace lazulite
