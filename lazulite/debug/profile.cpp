#include "lazulite/debug/profile.h"

#include <algorithm>
#include <array>

#include "lazulite/core/origin_module.h"
#include "lazulite/debug/profile_recorder.h"

namespace lazulite::debug {
namespace {

double seconds(int64_t nanoseconds) { return static_cast<double>(nanoseconds) * 1e-9; }

/// Adds up for how long each kind of thing went on, each instant for the first kind alone.
class Cover {
 public:
  Cover(int64_t start, int64_t end) : start_(start), end_(end) {}
  void add(size_t kind, int64_t start, int64_t end) {
    start = std::max(start, start_);
    end = std::min(end, end_);
    if (start >= end) return;
    changes_.push_back({start, kind, 1});
    changes_.push_back({end, kind, -1});
  }
  // Seconds of each kind; the last is what nothing covers.
  template <size_t kinds>
  std::array<double, kinds + 1> sum() {
    std::sort(changes_.begin(), changes_.end(),
              [](const Change& a, const Change& b) { return a.time < b.time; });
    std::array<double, kinds + 1> out{};
    std::array<int, kinds> open{};
    int64_t now = start_;
    auto advance = [&](int64_t to) {
      size_t kind = 0;
      while (kind < kinds && open[kind] == 0) ++kind;
      out[kind] += seconds(to - now);
      now = to;
    };
    for (const Change& change : changes_) {
      advance(change.time);
      open[change.kind] += change.step;
    }
    advance(end_);
    return out;
  }

 private:
  struct Change {
    int64_t time;
    size_t kind;
    int step;
  };
  const int64_t start_, end_;
  std::vector<Change> changes_;
};

}  // namespace

Profile::Profile() : recorder_(std::make_shared<Recorder>()) {
  add_observer(recorder_, Watch::kernels);
}
Profile::~Profile() { stop(); }
void Profile::stop() {
  remove_observer(recorder_.get());
  recorder_->end();
}

std::vector<ProfileRow> Profile::rows() const {
  const Recorder::Notes notes = recorder_->notes();
  int64_t all = 0;
  for (const Recorder::Row& row : notes.rows) all += row.duration;
  std::vector<ProfileRow> out;
  for (const Recorder::Row& row : notes.rows) {
    const double time = seconds(row.duration);
    const double least = std::max(row.bytes / machine_roof().bytes_per_second,
                                  row.least_operations / machine_roof().operations_per_second);
    out.push_back({origin_function(row.origin), origin_text(row.origin), origin_module(row.origin),
                   row.operation, row.kernel, row.calls, time, all ? time / seconds(all) : 0,
                   row.bytes, row.operations, time > 0 ? least / time : 0});
  }
  std::sort(out.begin(), out.end(),
            [](const ProfileRow& a, const ProfileRow& b) { return a.seconds > b.seconds; });
  return out;
}

std::vector<MemoryRow> Profile::memory() const {
  std::vector<MemoryRow> out;
  for (const auto& [origin, memory] : recorder_->notes().memory) {
    out.push_back({origin_function(origin), origin_text(origin), memory.allocations, memory.bytes,
                   memory.peak_bytes});
  }
  std::sort(out.begin(), out.end(),
            [](const MemoryRow& a, const MemoryRow& b) { return a.bytes > b.bytes; });
  return out;
}

TimeLine Profile::time_line() const {
  const Recorder::Notes notes = recorder_->notes();
  enum { kernel, copy, plan, loader, idle, kinds };
  Cover cover(notes.start, notes.end);
  for (const auto& run : notes.runs) cover.add(kernel, run.start, run.start + run.duration);
  auto mine = [&](uint32_t thread) { return thread == notes.thread; };
  for (const Span& span : notes.copies) {
    if (mine(span.thread)) cover.add(copy, span.start, span.start + span.duration);
  }
  for (const Span& span : notes.plans) {
    if (mine(span.thread)) cover.add(plan, span.start, span.start + span.duration);
  }
  for (const Span& span : notes.loads) {
    if (mine(span.thread)) cover.add(loader, span.start, span.start + span.duration);
  }
  for (const Evaluation& evaluation : notes.evaluations) {
    if (!mine(evaluation.thread)) continue;
    const int64_t end = evaluation.start + evaluation.duration;
    cover.add(plan, evaluation.start, end - evaluation.waiting);
    cover.add(idle, end - evaluation.waiting, end);
  }
  const auto sums = cover.sum<kinds>();
  return {seconds(notes.end - notes.start),
          sums[kernel],
          sums[copy],
          sums[plan],
          sums[loader],
          sums[idle],
          sums[kinds]};
}

std::vector<Evaluation> Profile::evaluations() const { return recorder_->notes().evaluations; }
std::vector<Retrace> Profile::traces() const { return recorder_->notes().traces; }

}  // namespace lazulite::debug
