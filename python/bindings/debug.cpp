#include "lazulite/debug/debug.h"

#include <iostream>
#include <sstream>

#include "define.h"
#include "evaluation.h"
#include "lazulite/core/errors.h"
#include "lazulite/core/node.h"
#include "module.h"
#include "tree.h"

// What lazulite/debug.py is made of.
namespace lazulite::python {
namespace {

double seconds(int64_t nanoseconds) { return static_cast<double>(nanoseconds) * 1e-9; }

void bind_records(nb::module_& m) {
  nb::class_<Evaluation>(m, "_Evaluation", "One evaluation, or a wait for an earlier one.")
      .def_prop_ro(
          "cause", [](const Evaluation& e) { return name_of(e.cause); },
          "What the program did: 'eval', 'print', 'item', 'truth value', 'conversion', ...")
      .def_prop_ro(
          "explicit", [](const Evaluation& e) { return is_explicit(e.cause); },
          "Whether it asked for values in so many words.")
      .def_ro("place", &Evaluation::place, "The line that asked: 'train.py, line 12'.")
      .def_ro("operations", &Evaluation::nodes,
              "How many operations were computed; 0 where an earlier evaluation was waited for.")
      .def_ro("plans_built", &Evaluation::plans_built, "Plans that were not there yet.")
      .def_prop_ro(
          "seconds", [](const Evaluation& e) { return seconds(e.duration); },
          "For how long the thread was held up.")
      .def_prop_ro(
          "planning_seconds", [](const Evaluation& e) { return seconds(e.planning); },
          "How much of that plans took.")
      .def_ro("thread", &Evaluation::thread, "The number of the thread that asked.")
      .def("__repr__", [](const Evaluation& e) { return debug::to_string(e); });
  nb::class_<Retrace>(m, "_Trace", "One trace of a compiled function.")
      .def_ro("function", &Retrace::function, "The function's name.")
      .def_ro("place", &Retrace::place, "The line of the call.")
      .def_ro("first", &Retrace::first, "Whether the function had not been traced before.")
      .def_ro("reasons", &Retrace::reasons, "What differed from the trace before.")
      .def_prop_ro(
          "seconds", [](const Retrace& r) { return seconds(r.duration); },
          "How long tracing, planning and the first run's start took.")
      .def("__repr__", [](const Retrace& r) { return debug::to_string(r); });
}

/// A watcher as a context of Python: it begins when it is made, and ends at the end of `with`.
template <class Watcher>
void bind_watcher(nb::module_& m, const char* name, const char* documentation) {
  nb::class_<Watcher>(m, name, documentation)
      .def(
          "__init__",
          [](Watcher* self, bool log) { new (self) Watcher(log ? &std::cerr : nullptr); },
          "log"_a = false)
      .def(
          "__enter__", [](nb::handle_t<Watcher> self) { return nb::borrow(self); },
          nb::rv_policy::none)
      .def("__exit__", [](Watcher& self, nb::args) { self.stop(); })
      .def("stop", &Watcher::stop, "Ends it; what was noted stays.")
      .def_prop_ro(
          "records", [](const Watcher& self) { return self.records(); },
          "What was noted, in the order of its end.")
      .def("__len__", [](const Watcher& self) { return self.records().size(); })
      .def("__iter__", [](const Watcher& self) { return nb::iter(nb::cast(self.records())); })
      .def("__repr__", [](const Watcher& self) {
        std::string text;
        for (const auto& record : self.records()) text += debug::to_string(record) + "\n";
        return text.empty() ? std::string("nothing yet") : text.substr(0, text.size() - 1);
      });
}

void write_text(nb::handle file, const std::string& text) {
  if (nb::hasattr(file, "write")) {
    file.attr("write")(text);
    return;
  }
  // No number: `open` would take it for a file that is open already, and close that.
  nb::object path = nb::module_::import_("os").attr("fspath")(file);
  nb::object opened =
      nb::module_::import_("builtins").attr("open")(path, "w", "encoding"_a = "utf-8");
  opened.attr("write")(text);
  opened.attr("close")();
}

void export_to_dot(nb::object file, nb::args args, nb::kwargs kwargs) {
  std::vector<debug::NamedArray> arrays;
  auto expect = [](nb::handle value) {
    Array* array = array_of(value);
    if (!array) throw nb::type_error("export_to_dot: arrays are expected after the file");
    return *array;
  };
  for (nb::handle value : args) arrays.emplace_back("", expect(value));
  for (auto [name, value] : kwargs) arrays.emplace_back(nb::cast<std::string>(name), expect(value));
  std::ostringstream text;
  debug::export_to_dot(text, arrays);
  write_text(file, text.str());
}

nb::dict time_line(const debug::Profile& profile) {
  const debug::TimeLine time = profile.time_line();
  nb::dict out;
  out["wall"] = time.wall;
  out["kernel"] = time.kernel;
  out["copy"] = time.copy;
  out["plan"] = time.plan;
  out["loader"] = time.loader;
  out["idle"] = time.idle;
  out["program"] = time.program;
  return out;
}

// What asks the machine for its roof evaluates.
template <class F>
auto without_gil(F&& f) {
  WithoutGil released;
  return f();
}

void save(nb::handle file, const debug::Profile& profile,
          std::string (debug::Profile::*text)() const) {
  write_text(file, without_gil([&] { return (profile.*text)(); }));
}

void bind_monitor(nb::module_& m) {
  using debug::GpuSample;
  using debug::Monitor;
  using debug::MonitorSample;
  nb::class_<GpuSample>(m, "_GpuSample", "What one GPU did; None where the driver does not say.")
      .def_ro("name", &GpuSample::name)
      .def_ro("load", &GpuSample::load, "From 0 to 1.")
      .def_ro("memory_used", &GpuSample::memory_used, "Bytes.")
      .def_ro("memory_total", &GpuSample::memory_total, "Bytes.")
      .def_ro("megahertz", &GpuSample::megahertz)
      .def_ro("watts", &GpuSample::watts);
  nb::class_<MonitorSample>(m, "_MonitorSample", "What the machine did since the sample before.")
      .def_prop_ro(
          "time", [](const MonitorSample& s) { return seconds(s.time); },
          "Seconds on the clock of `time.monotonic`.")
      .def_ro("load", &MonitorSample::load, "Of each core, from 0 to 1.")
      .def_prop_ro("mean_load", &MonitorSample::mean_load, "The mean over the cores.")
      .def_ro("megahertz", &MonitorSample::megahertz, "Of each core.")
      .def_ro("memory_used", &MonitorSample::memory_used, "Bytes of the machine.")
      .def_ro("memory_total", &MonitorSample::memory_total, "Bytes of the machine.")
      .def_ro("watts", &MonitorSample::watts, "Of all processor packages.")
      .def_ro("gpus", &MonitorSample::gpus);
  nb::class_<Monitor>(m, "_Monitor", "Samples what the machine does.")
      .def(
          "__init__",
          [](Monitor* self, double interval, size_t most_samples) {
            debug::MonitorOptions options;
            options.interval = interval;
            options.most_samples = most_samples;
            new (self) Monitor(options);
          },
          "interval"_a = 0.5, "most_samples"_a = 7200)
      .def(
          "__enter__", [](nb::handle_t<Monitor> self) { return nb::borrow(self); },
          nb::rv_policy::none)
      .def("__exit__", [](Monitor& self, nb::args) { self.stop(); })
      .def("stop", &Monitor::stop, "Ends it; the history stays.")
      .def("sample", &Monitor::sample, "Takes a sample now.")
      .def_prop_ro(
          "history", [](const Monitor& self) { return self.history(); },
          "The samples, the oldest first.")
      .def_prop_ro(
          "missing", [](const Monitor& self) { return self.missing(); },
          "What this machine does not tell, a sentence each.")
      .def("view", &Monitor::view, "width"_a = 80, "The last sample and the history as text.")
      .def("__repr__", [](const Monitor& self) { return self.view(); });
}

void bind_profile_rows(nb::module_& m) {
  using debug::MemoryRow;
  using debug::ProfileRow;
  nb::class_<ProfileRow>(m, "_ProfileRow", "What one kernel did for one line.")
      .def_ro("function", &ProfileRow::function, "The function of the line.")
      .def_ro("place", &ProfileRow::place, "The line: 'train.py, line 12'.")
      .def_ro("module", &ProfileRow::module,
              "The layer that called it, 'Net.encoder.0'; empty where there is none.")
      .def_ro("operation", &ProfileRow::operation, "What is computed: 'exp, multiply, sum'.")
      .def_ro("kernel", &ProfileRow::kernel, "'Fused', or the name of a primitive or call.")
      .def_ro("calls", &ProfileRow::calls)
      .def_ro("seconds", &ProfileRow::seconds)
      .def_ro("share", &ProfileRow::share, "Of the time of all kernels.")
      .def_ro("bytes", &ProfileRow::bytes, "Read and written, at the least.")
      .def_ro("operations", &ProfileRow::operations, "On numbers.")
      .def_ro("roof", &ProfileRow::roof,
              "The time that the machine would need at the least, in parts of the time taken.")
      .def("__repr__", [](const ProfileRow& row) {
        return row.operation + " at " + row.place + ": " + std::to_string(row.seconds) + " s";
      });
  nb::class_<MemoryRow>(m, "_MemoryRow", "What a line took memory for.")
      .def_ro("function", &MemoryRow::function)
      .def_ro("place", &MemoryRow::place)
      .def_ro("allocations", &MemoryRow::allocations)
      .def_ro("bytes", &MemoryRow::bytes)
      .def_ro("peak_bytes", &MemoryRow::peak_bytes,
              "The most that was live in all when the line took some.");
}

void bind_profile(nb::module_& m) {
  using debug::Profile;
  bind_profile_rows(m);
  nb::class_<Profile>(m, "_Profile", "Measures what really runs.")
      .def(nb::init<>())
      .def(
          "__enter__", [](nb::handle_t<Profile> self) { return nb::borrow(self); },
          nb::rv_policy::none)
      .def("__exit__", [](Profile& self, nb::args) { self.stop(); })
      .def("stop", &Profile::stop, "Ends it; what was noted stays.")
      .def_prop_ro(
          "rows", [](const Profile& p) { return without_gil([&] { return p.rows(); }); },
          "Kernels by line, the most expensive first.")
      .def_prop_ro(
          "memory", [](const Profile& p) { return p.memory(); },
          "Memory that was taken for results, by line.")
      .def_prop_ro(
          "evaluations", [](const Profile& p) { return p.evaluations(); },
          "As of `trace_evaluations`.")
      .def_prop_ro(
          "traces", [](const Profile& p) { return p.traces(); }, "As of `log_recompiles`.")
      .def_prop_ro(
          "time_line", &time_line,
          "Seconds in all ('wall'), and of that with a kernel running, planning and handing over, "
          "waiting for a loader, idle, and in the program itself.")
      .def(
          "table",
          [](const Profile& p, size_t rows) { return without_gil([&] { return p.table(rows); }); },
          "rows"_a = 25, "The whole as text.")
      .def(
          "save_json", [](const Profile& p, nb::object file) { save(file, p, &Profile::json); },
          "file"_a, "Writes everything but the single runs as JSON.")
      .def(
          "save_trace",
          [](const Profile& p, nb::object file, const debug::Monitor* monitor) {
            std::vector<debug::MonitorSample> history;
            if (monitor) history = monitor->history();
            write_text(file, without_gil([&] { return p.trace(history); }));
          },
          "file"_a, "monitor"_a.none() = nb::none(),
          "Writes every run in the Trace Event Format, for chrome://tracing and ui.perfetto.dev; "
          "with what a monitor has seen meanwhile, if it is given.")
      .def(
          "save_flame_graph",
          [](const Profile& p, nb::object file) { save(file, p, &Profile::flame_graph); }, "file"_a,
          "Writes a page that shows where the kernels' time went.")
      .def("__repr__", [](const Profile& p) { return without_gil([&] { return p.table(); }); });
  m.def("_loading_since", [] { return is_watched(Watch::calls) ? nanoseconds_now() : int64_t{0}; });
  m.def(
      "_loaded",
      [](int64_t start) {
        if (start) report_loading({thread_number(), start, nanoseconds_now() - start});
      },
      "start"_a);
}

}  // namespace

void bind_debug(nb::module_& m) {
  bind_monitor(m);
  bind_profile(m);
  bind_records(m);
  bind_watcher<debug::EvaluationTrace>(m, "_EvaluationTrace",
                                       "Notes every evaluation of every thread.");
  bind_watcher<debug::RecompileLog>(m, "_RecompileLog",
                                    "Notes every trace of a compiled function.");
  m.def("_finite_guard", [] { return static_cast<int>(finite_guard()); });
  m.def(
      "_set_finite_guard", [](int guard) { set_finite_guard(static_cast<FiniteGuard>(guard)); },
      "guard"_a);
  m.def("_plan_svg", [](nb::args trees) {
    std::vector<Array> arrays = arrays_in(trees, Leaves::any, "plan_svg");
    return debug::to_svg(*debug::plan_of(arrays));
  });
  def(m, "export_to_dot", &export_to_dot, "file"_a, "args"_a, "kwargs"_a,
      nb::sig("def export_to_dot(file: object, *args: array, **kwargs: array) -> None"),
      "Writes the graph behind arrays that have not been computed in Graphviz's language.\n\n"
      "Args:\n    file: a path, or an object with `write`.\n    args: arrays, which are called A, "
      "B and so on in the picture.\n    kwargs: arrays with names for the picture.\n");
}

}  // namespace lazulite::python
