#include <fmt/format.h>

#include <set>

#include "lazulite/core/origin_module.h"
#include "lazulite/debug/profile_recorder.h"

namespace lazulite::debug {
namespace {

// Devices have no thread: their work is shown beside the threads.
constexpr uint32_t device_row = 1000000;

/// Events of the Trace Event Format, in microseconds since the beginning.
class TraceEvents {
 public:
  explicit TraceEvents(int64_t start) : start_(start) {}

  // A time on a thread; `details` are further members of its arguments.
  void complete(const std::string& name, const char* category, uint32_t thread, int64_t start,
                int64_t duration, const std::string& details) {
    threads_.insert(thread);
    add(
        fmt::format("{{\"name\": {}, \"cat\": \"{}\", \"ph\": \"X\", \"ts\": {:.3f}, \"dur\": "
                    "{:.3f}, \"pid\": 1, \"tid\": {}, \"args\": {{{}}}}}",
                    json_text(name), category, microseconds(start),
                    static_cast<double>(duration) * 1e-3, thread, details));
  }
  void counter(const std::string& name, const char* unit, int64_t time, double value) {
    if (time < start_) return;
    add(
        fmt::format("{{\"name\": {}, \"ph\": \"C\", \"ts\": {:.3f}, \"pid\": 1, \"tid\": 0, "
                    "\"args\": {{\"{}\": {:.6g}}}}}",
                    json_text(name), microseconds(time), unit, value));
  }
  std::string finish(uint32_t profiled) {
    for (uint32_t thread : threads_) {
      std::string name = thread == profiled     ? "the program"
                         : thread == device_row ? "devices"
                                                : fmt::format("thread {}", thread);
      add(
          fmt::format("{{\"name\": \"thread_name\", \"ph\": \"M\", \"pid\": 1, \"tid\": {}, "
                      "\"args\": {{\"name\": \"{}\"}}}}",
                      thread, name));
    }
    return "{\"displayTimeUnit\": \"ms\", \"traceEvents\": [\n" + text_ + "\n]}\n";
  }

 private:
  double microseconds(int64_t time) const { return static_cast<double>(time - start_) * 1e-3; }
  void add(const std::string& event) {
    if (!text_.empty()) text_ += ",\n";
    text_ += event;
  }
  const int64_t start_;
  std::string text_;
  std::set<uint32_t> threads_;
};

std::string member(const char* name, const std::string& text) {
  return fmt::format("\"{}\": {}", name, json_text(text));
}

}  // namespace

std::string Profile::trace(std::span<const MonitorSample> history) const {
  const Recorder::Notes notes = recorder_->notes();
  TraceEvents events(notes.start);
  for (const Evaluation& evaluation : notes.evaluations) {
    events.complete(name_of(evaluation.cause), "evaluation", evaluation.thread, evaluation.start,
                    evaluation.duration,
                    member("line", evaluation.place) +
                        fmt::format(", \"explicit\": {}, \"operations\": {}",
                                    is_explicit(evaluation.cause), evaluation.nodes));
  }
  for (const Retrace& retrace : notes.traces) {
    std::string reasons;
    for (const std::string& reason : retrace.reasons) {
      reasons += (reasons.empty() ? "" : "; ") + reason;
    }
    events.complete("trace of " + retrace.function, "trace", retrace.thread, retrace.start,
                    retrace.duration,
                    member("line", retrace.place) + ", " + member("reasons", reasons));
  }
  for (const Span& span : notes.plans) {
    events.complete("plan", "plan", span.thread, span.start, span.duration, "");
  }
  for (const Span& span : notes.loads) {
    events.complete("loader", "loader", span.thread, span.start, span.duration, "");
  }
  for (const Span& span : notes.copies) {
    events.complete("copy", "copy", span.thread, span.start, span.duration, "");
  }
  for (const Recorder::KernelRun& run : notes.runs) {
    const Recorder::Row& row = notes.rows[run.row];
    events.complete(row.operation, "kernel", run.thread == no_thread ? device_row : run.thread,
                    run.start, run.duration,
                    member("line", origin_text(row.origin)) + ", " +
                        member("module", origin_module(row.origin)) + ", " +
                        member("kernel", row.kernel));
  }
  for (const Recorder::MemoryPoint& point : notes.live) {
    events.counter("live memory", "bytes", point.time, static_cast<double>(point.bytes));
  }
  for (const MonitorSample& sample : history) {
    if (sample.time > notes.end) break;
    events.counter("load of all cores", "percent", sample.time, 100 * sample.mean_load());
    if (sample.watts) events.counter("processor", "watts", sample.time, *sample.watts);
    for (size_t i = 0; i < sample.gpus.size(); ++i) {
      const GpuSample& gpu = sample.gpus[i];
      const std::string name = fmt::format("GPU {}", i);
      if (gpu.load) events.counter(name + " load", "percent", sample.time, 100 * *gpu.load);
      if (gpu.watts) events.counter(name + " power", "watts", sample.time, *gpu.watts);
    }
  }
  return events.finish(notes.thread);
}

}  // namespace lazulite::debug
