#include "lazulite/debug/profile_recorder.h"

#include <algorithm>

#include "lazulite/core/memory.h"
#include "lazulite/core/node.h"
#include "lazulite/ops/primitives/primitive.h"

namespace lazulite::debug {
namespace {

constexpr size_t most_names = 4;

// Of the instructions that a launch computes, most are of one line.
uint32_t origin_of(const Launch& launch, const std::vector<uint32_t>* origins) {
  if (!origins) return 0;
  uint32_t best = 0;
  size_t most = 0;
  for (uint32_t source : launch.sources) {
    if (source >= origins->size() || (*origins)[source] == 0) continue;
    const uint32_t origin = (*origins)[source];
    if (origin == best) continue;
    auto same = [&](uint32_t other) {
      return other < origins->size() && (*origins)[other] == origin;
    };
    auto count =
        static_cast<size_t>(std::count_if(launch.sources.begin(), launch.sources.end(), same));
    if (count >= most) {
      most = count;
      best = origin;
    }
  }
  return best;
}

// What the launches compute, each operation once.
std::string operations_of(const Plan& plan, size_t first, size_t last) {
  std::vector<std::string> names;
  for (size_t i = first; i < last; ++i) {
    for (uint32_t source : plan.launches()[i].sources) {
      std::string name = name_of(*plan.computes()[source]);
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), most_names); ++i) {
    text += (i ? ", " : "") + names[i];
  }
  if (names.size() > most_names) text += ", ...";
  return text.empty() ? "move" : text;
}

}  // namespace

Profile::Recorder::Recorder() {
  notes_.thread = thread_number();
  notes_.start = nanoseconds_now();
}

void Profile::Recorder::end() {
  std::lock_guard lock(mutex_);
  if (!notes_.end) notes_.end = nanoseconds_now();
}

void Profile::Recorder::evaluated(const Evaluation& evaluation) {
  std::lock_guard lock(mutex_);
  notes_.evaluations.push_back(evaluation);
}

void Profile::Recorder::traced(const Retrace& retrace) {
  std::lock_guard lock(mutex_);
  notes_.traces.push_back(retrace);
}

void Profile::Recorder::planned(const Span& span) {
  std::lock_guard lock(mutex_);
  notes_.plans.push_back(span);
}

void Profile::Recorder::loaded(const Span& span) {
  std::lock_guard lock(mutex_);
  notes_.loads.push_back(span);
}

void Profile::Recorder::copied(const Span& span) {
  std::lock_guard lock(mutex_);
  notes_.copies.push_back(span);
}

size_t Profile::Recorder::KeyHash::operator()(const Key& key) const {
  size_t hash = std::hash<const void*>()(key.plan);
  hash = hash * 0x9e3779b97f4a7c15u + key.launch;
  return hash * 0x9e3779b97f4a7c15u + key.origin;
}

Profile::Recorder::Known Profile::Recorder::add_row(const LaunchRun& run, uint32_t origin) {
  plans_.push_back(run.plan);
  Known known{0, 0, 0, 0};
  for (size_t i = run.first; i < run.last; ++i) {
    const Cost cost = cost_of(run.plan->launches()[i]);
    known.bytes += cost.bytes_read + cost.bytes_written;
    known.operations += cost.operations;
    known.least_operations += cost.least_operations;
  }
  const std::string operation = operations_of(*run.plan, run.first, run.last);
  const std::string kernel =
      run.last - run.first == 1 ? run.plan->launches()[run.first].name() : "Graph";
  auto same = [&](const Row& row) {
    return row.origin == origin && row.operation == operation && row.kernel == kernel;
  };
  auto found = std::find_if(notes_.rows.begin(), notes_.rows.end(), same);
  known.row = static_cast<uint32_t>(found - notes_.rows.begin());
  if (found == notes_.rows.end()) notes_.rows.push_back({origin, operation, kernel});
  return known;
}

void Profile::Recorder::launched(const LaunchRun& run) {
  const uint32_t origin = origin_of(run.plan->launches()[run.first], run.origins);
  const Key key{run.plan.get(), run.first, origin};
  std::lock_guard lock(mutex_);
  auto found = known_.find(key);
  if (found == known_.end()) found = known_.emplace(key, add_row(run, origin)).first;
  const Known& known = found->second;
  Row& row = notes_.rows[known.row];
  ++row.calls;
  row.duration += run.duration;
  row.bytes += known.bytes;
  row.operations += known.operations;
  row.least_operations += known.least_operations;
  notes_.runs.push_back({known.row, run.thread, run.start, run.duration});
}

void Profile::Recorder::allocated(size_t bytes, uint32_t origin) {
  const size_t live = memory_statistics().active_bytes;
  std::lock_guard lock(mutex_);
  Memory& memory = notes_.memory[origin];
  ++memory.allocations;
  memory.bytes += static_cast<double>(bytes);
  memory.peak_bytes = std::max(memory.peak_bytes, static_cast<double>(live));
  notes_.live.push_back({nanoseconds_now(), live});
}

Profile::Recorder::Notes Profile::Recorder::notes() const {
  std::lock_guard lock(mutex_);
  Notes copy = notes_;
  if (!copy.end) copy.end = nanoseconds_now();
  return copy;
}

}  // namespace lazulite::debug
