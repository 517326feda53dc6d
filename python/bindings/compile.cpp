#include "lazulite/transforms/compile.h"

#include <concepts>
#include <deque>
#include <unordered_map>

#include "collected.h"
#include "compile_state.h"
#include "define.h"
#include "evaluation.h"
#include "lazulite/core/errors.h"
#include "lazulite/core/trace.h"
#include "lazulite/debug/graph_pictures.h"
#include "lazulite/program/executor.h"
#include "lazulite/transforms/shapeless.h"
#include "lazulite/transforms/traced.h"
#include "live_compile.h"
#include "module.h"
#include "new_places.h"
#include "random_state.h"
#include "trace_gate.h"
#include "trace_log.h"
#include "transforms.h"
#include "undo.h"

namespace lazulite::python {
namespace {

// More versions than this are rarely of use, and each keeps a plan.
constexpr size_t most_versions = 64;

/// A function that `compile` made with MLX's rules: what `inputs` holds is part of its arguments,
/// what `outputs` holds part of its results, and everything else is as it was at the trace.
class Compiled {
 public:
  Compiled(nb::callable function, nb::object inputs, nb::object outputs, bool shapeless)
      : function_(std::move(function)),
        inputs_(std::move(inputs)),
        outputs_(std::move(outputs)),
        shapeless_(shapeless) {}

  nb::object call(nb::args args, nb::kwargs kwargs) {
    // The function may reach more than it was told of.
    const auto reaches = [&] {
      return reaches_traced(nb::make_tuple(function_, args, kwargs, inputs_, outputs_));
    };
    auto goes_past = [&] { return TraceGate::wait(reaches) == TraceGate::Way::past; };
    auto call_past = [&] {
      const TraceGate::Past scope;
      return nb::object(function_(*args, **kwargs));
    };
    if (goes_past()) return call_past();
    if (!compile_enabled() || current_trace() || retain_token()) {
      return function_(*args, **kwargs);
    }
    {
      WithoutGil released;
      Executor::wait_for_room();
    }
    settle_runs();
    if (goes_past()) return call_past();
    const TraceGate alone;
    std::string key;
    append_key(args, key, "compile");
    append_key(kwargs, key, "compile");
    std::string places;
    if (!inputs_.is_none()) append_structure(inputs_, places);
    key += places;
    Arrays given = arrays_in(args, Leaves::any);
    append_arrays(kwargs, given);
    size_t arguments = given.size();
    if (!inputs_.is_none()) append_arrays(inputs_, given);
    std::string shapeless_key = shapeless_ ? key : "";
    for (const Array& array : given) {
      append_type(array, key);
      if (shapeless_) append_kind(array, shapeless_key);
    }
    if (!outputs_.is(inputs_)) places = structure_of_outputs();
    // What has made places for its results runs again only while they are there.
    auto found = versions_.find(key);
    if (found == versions_.end() || found->second->places != places) {
      forget(key);
      return call_first(args, kwargs, key, std::move(given), shapeless_key);
    }
    std::shared_ptr<Version> version = found->second;
    std::vector<Before> before;
    Arrays results = run_again(*version, std::move(given), arguments, before);
    nb::object out = take_results(*version, results);
    remember_all(before);
    return out;
  }

  nb::handle function() const { return function_; }
  std::shared_ptr<const Plan> plan() const {
    if (order_.empty()) return nullptr;
    const std::shared_ptr<Version>& version = versions_.at(order_.back());
    return version->compiled ? version->compiled->plan() : nullptr;
  }
  int traverse(visitproc visit, void* arg) {
    for (auto& [key, version] : versions_) Py_VISIT(version->result.ptr());
    for (auto& [key, recording] : recordings_) Py_VISIT(recording.result.ptr());
    return visit_all(visit, arg, function_, inputs_, outputs_);
  }
  void clear() {
    function_.reset();
    inputs_.reset();
    outputs_.reset();
    versions_.clear();
    order_.clear();
    recordings_.clear();
  }

 private:
  struct Version;

  // Traces. What the function raises, or a run that fails, leaves the containers as they were.
  nb::object call_first(const nb::args& args, const nb::kwargs& kwargs, const std::string& key,
                        Arrays given, const std::string& shapeless_key) {
    std::shared_ptr<Version> version = version_of(key);
    const nb::object root = nb::make_tuple(inputs_, outputs_);
    Contents contents, contents_after;
    const LiveState state(root, nullptr, &contents);
    Restored restored(state);
    Arrays results;
    try {
      StateDescription description;
      LiveState(nb::make_tuple(nb::none(), args, kwargs, nb::none(), inputs_), &description);
      TraceLog::Entry entry(log_, function_, std::move(description));
      results = version->trace(*this, args, kwargs, std::move(given), shapeless_key);
      entry.traced();
    } catch (...) {
      forget(key);
      restored.take_out_traced(root, contents);
      throw;
    }
    restored.failed = false;
    std::vector<Restored::Stood> stood = restored.let_be();
    nb::object out = take_results(*version, results);
    // What the function has put into `inputs` has no value here, and no place in the next call.
    if (!inputs_.is_none()) restored.take_out_traced(root, contents);
    version->places = structure_of_outputs();
    if (!outputs_.is_none()) {
      const LiveState after(outputs_, nullptr, &contents_after);
      for (const LiveState::Place& place : after.places()) {
        remember_first(place, state, stood, contents, contents_after);
      }
    }
    return out;
  }

  void forget(const std::string& key) {
    versions_.erase(key);
    std::erase(order_, key);
  }

  std::string structure_of_outputs() const {
    std::string out;
    append_structure(outputs_, out);
    return out;
  }

  static void remember_first(const LiveState::Place& place, const LiveState& state,
                             const std::vector<Restored::Stood>& stood, const Contents& contents,
                             const Contents& contents_after) {
    if (is_traced(LiveState::array_at(place))) return;  // no output: it was left behind
    Before before;
    if (std::optional<size_t> old = state.find(place)) {
      if (stood[*old].array.is_same(LiveState::array_at(place))) return;
      before = Before(stood[*old].object, stood[*old].array);
    } else {
      before = Before(contents_after.new_places(place.array, contents));
    }
    remember(place.array, before);
  }

  nb::object take_results(Version& version, const Arrays& results) {
    size_t next = 0;
    nb::object out = with_arrays(version.result, results, next);
    if (!outputs_.is_none()) replace_arrays(outputs_, results, next);
    return out;
  }

  /// What was traced for arguments of one structure, shapes and dtypes.
  struct Version {
    std::optional<CompiledFunction> compiled;
    nb::object result;   // its tree
    std::string places;  // where the arrays of `outputs` were afterwards

    Arrays trace(Compiled& owner, const nb::args& args, const nb::kwargs& kwargs, Arrays given,
                 const std::string& shapeless_key) {
      auto body = [&](const Arrays& arrays) {
        WithGil gil;
        if (owner.shapeless_) return owner.trace_once(*this, args, kwargs, arrays, shapeless_key);
        return owner.trace(*this, args, kwargs, arrays);
      };
      // The function is called once, in this call.
      auto once = std::make_shared<std::function<Arrays(const Arrays&)>>(body);
      compiled.emplace([once](const Arrays& arrays) { return (*once)(arrays); }, without_check());
      WithoutGil released;
      return (*compiled)(std::move(given));
    }
  };

  /// What the function built for arguments of one structure, whatever their shapes.
  struct Recording {
    ShapelessTrace trace;
    nb::object result;
  };

  // The function is called for the first shapes alone; for others, what it built is built again.
  Arrays trace_once(Version& version, const nb::args& args, const nb::kwargs& kwargs,
                    const Arrays& arrays, const std::string& key) {
    auto found = recordings_.find(key);
    if (found != recordings_.end()) {
      version.result = found->second.result;
      return found->second.trace.again(arrays);
    }
    const std::string structure = structure_of_outputs();
    ShapelessTrace trace = ShapelessTrace::of(
        [&](const Arrays& given) { return this->trace(version, args, kwargs, given); }, arrays);
    Arrays results = trace.results();
    if (trace.is_closed() && structure_of_outputs() == structure) {
      if (recordings_.size() == most_versions) recordings_.clear();
      recordings_.try_emplace(key, Recording{std::move(trace), version.result});
    }
    return results;
  }

  std::shared_ptr<Version> version_of(const std::string& key) {
    std::shared_ptr<Version>& version = versions_[key];
    if (version) return version;
    version = std::make_shared<Version>();
    std::shared_ptr<Version> made = version;
    order_.push_back(key);
    if (order_.size() > most_versions) {
      versions_.erase(order_.front());
      order_.pop_front();
    }
    return made;
  }

  // What is both read and replaced, and held by nobody else, lends its memory to the results. With
  // the GIL, as its objects are empty meanwhile.
  Arrays run_again(Version& version, Arrays given, size_t arguments, std::vector<Before>& before) {
    std::vector<nb::handle> replaced = array_objects(outputs_);
    before.resize(replaced.size());
    std::unordered_map<PyObject*, size_t> places;
    for (size_t i = 0; i < replaced.size(); ++i) places.try_emplace(replaced[i].ptr(), i);
    std::vector<nb::handle> read = array_objects(inputs_);
    std::unordered_map<PyObject*, size_t> times_read;
    for (nb::handle object : read) ++times_read[object.ptr()];
    for (size_t i = 0; i < read.size(); ++i) {
      auto place = places.find(read[i].ptr());
      if (place == places.end() || times_read[read[i].ptr()] > 1) continue;
      given[arguments + i] = Array();
      if (can_take(read[i])) {
        before[place->second] = Before::take(read[i], given[arguments + i]);
      } else {
        given[arguments + i] = *array_of(read[i]);
      }
    }
    for (size_t i = 0; i < replaced.size(); ++i) {
      if (!before[i].present()) before[i] = Before(replaced[i]);
    }
    try {
      return (*version.compiled)(std::move(given));
    } catch (...) {
      for (Before& one : before) one.give_back();
      throw;
    }
  }

  void remember_all(std::vector<Before>& before) {
    std::vector<nb::handle> objects = array_objects(outputs_);
    for (size_t i = 0; i < before.size(); ++i) {
      if (before[i].present()) remember(objects[i], before[i]);
    }
  }

  static std::vector<nb::handle> array_objects(nb::handle tree) {
    std::vector<nb::handle> out;
    if (tree.is_none()) return out;
    visit_leaves(tree, [&](nb::handle leaf) {
      if (nb::object state = state_of(leaf); state.is_valid()) {
        for (nb::handle item : state) out.push_back(item);
      } else if (array_of(leaf)) {
        out.push_back(leaf);
      }
    });
    return out;
  }

  static void append_number(std::integral auto value, std::string& key) {
    key.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }
  static void append_kind(const Array& array, std::string& key) {
    append_number(static_cast<uint8_t>(array.dtype()), key);
    append_number(array.ndim(), key);
  }
  static void append_type(const Array& array, std::string& key) {
    append_kind(array, key);
    for (int64_t size : array.shape()) append_number(size, key);
  }

  static void append_arrays(nb::handle tree, Arrays& out) {
    Arrays more = arrays_in(tree, Leaves::any);
    out.insert(out.end(), more.begin(), more.end());
  }

  // What stays outside is found when it is evaluated, as in MLX.
  static CompileOptions without_check() {
    CompileOptions options;
    options.check_escapes = false;
    options.name.clear();
    return options;
  }

  Arrays trace(Version& version, const nb::args& given, const nb::kwargs& named,
               const Arrays& arrays) {
    size_t next = 0;
    nb::object args = with_arrays(given, arrays, next);
    nb::object kwargs = with_arrays(named, arrays, next);
    ContainerSnapshot before(inputs_);
    if (!inputs_.is_none()) replace_arrays(inputs_, arrays, next);
    nb::object result;
    {
      const TraceGate::Calling scope;
      result = function_(*args, **kwargs);
    }
    Arrays results = arrays_in(result, Leaves::any, "compile");
    version.result = without_values(result);
    if (!outputs_.is_none()) {
      ContainerSnapshot after(outputs_);
      append_arrays(outputs_, results);
      after.forget_values();
    }
    return results;
  }

  nb::callable function_;
  nb::object inputs_, outputs_;
  bool shapeless_;
  std::unordered_map<std::string, std::shared_ptr<Version>> versions_;
  std::unordered_map<std::string, Recording> recordings_;
  std::deque<std::string> order_;  // of the versions, the oldest first
  TraceLog log_;
};

template <class T>
void bind_compiled(nb::module_& m, const char* name) {
  nb::class_<T>(m, name, nb::is_weak_referenceable(), nb::type_slots(collected_slots<T>))
      .def_prop_ro("__doc__",
                   [](const T& function) { return nb::getattr(function.function(), "__doc__"); })
      .def("__call__",
           [](T& function, nb::args args, nb::kwargs kwargs) {
             OriginScope origin;
             return function.call(std::move(args), std::move(kwargs));
           })
      .def("__getattr__",
           [](const T& function, const std::string& name) {
             return attribute_of_wrapped(function.function(), name);
           })
      .def("_plan_svg",
           [](const T& function) {
             std::shared_ptr<const Plan> plan = function.plan();
             if (!plan) throw ValueError("plan_svg: the function has not been called yet");
             return debug::to_svg(*plan);
           })
      .def(
          "__get__",
          [](nb::handle_t<T> self, nb::handle instance, nb::handle) -> nb::object {
            if (instance.is_none()) return nb::borrow(self);
            return nb::module_::import_("types").attr("MethodType")(self, instance);
          },
          "instance"_a.none(), "owner"_a = nb::none());
}

}  // namespace

void bind_compile(nb::module_& m) {
  bind_undo(m);
  m.def("_set_patience_with_traces", &TraceGate::set_patience, "seconds"_a,
        "How many seconds a function that another thread traces may stand still until a call that "
        "reaches its arrays is refused.");
  bind_compiled<Compiled>(m, "_Compiled");
  bind_compiled<LiveFunction>(m, "_LiveFunction");
  def(
      m, "compile",
      [](nb::callable fun, nb::object inputs, nb::object outputs, bool shapeless) {
        bool live = module_name() == "lazulite.core" && inputs.is_none() && outputs.is_none();
        if (live) return nb::cast(LiveFunction(fun, shapeless));
        return nb::cast(Compiled(fun, inputs, outputs, shapeless));
      },
      "fun"_a, "inputs"_a = nb::none(), "outputs"_a = nb::none(), "shapeless"_a = false,
      nb::sig("def compile(fun: collections.abc.Callable[..., typing.Any], inputs: object | None = "
              "None, outputs: object | None = None, shapeless: bool = False) -> "
              "collections.abc.Callable[..., typing.Any]"),
      "A function that does the same in one plan: traced once for each combination of shapes, "
      "dtypes and constants, fused, with its memory laid out.\n\nArgs:\n    inputs: trees of "
      "arrays that the function reads besides its arguments.\n    outputs: trees of arrays that "
      "it changes.\n    shapeless: the shapes may differ from call to call without another trace. "
      "Shapes that the function writes as numbers, or computes from those of its arguments, stay "
      "what they were; a slice of an axis whose size changes is a ValueError.\n");
  def(
      m, "disable_compile", [] { set_compile_enabled(false); },
      "Compiled functions are called as they are from now on.");
  def(
      m, "enable_compile", [] { set_compile_enabled(true); },
      "Compiled functions run compiled again.");
}

}  // namespace lazulite::python
