#include "lazulite/core/observer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <utility>

#include "lazulite/core/fork.h"
#include "lazulite/core/node.h"
#include "lazulite/core/origin.h"

namespace lazulite {
namespace {

struct Entry {
  std::shared_ptr<Observer> observer;
  Watch watch;
};

std::mutex& observers_mutex() {
  static auto& mutex = *new std::mutex;
  return mutex;
}
// Never destroyed: other threads may report while the process ends.
std::vector<Entry>& observers() {
  static auto& all = *new std::vector<Entry>();
  return all;
}

// A forked child is watched by nobody: what watched the parent may have been in the midst of a
// note.
void forget_observers() {
  (void)new std::vector<Entry>(std::move(observers()));
  observers().clear();
  detail::watched.store(0);
}

[[maybe_unused]] const bool held_in_forks = [] {
  add_fork_handler(
      {4, [] { observers_mutex().lock(); }, [] { observers_mutex().unlock(); }, forget_observers});
  return true;
}();

thread_local Evaluation* asked = nullptr;
thread_local bool waited = false;

// With the lock.
void count_watches() {
  uint32_t watched = 0;
  for (const Entry& entry : observers()) {
    watched |= static_cast<uint32_t>(entry.watch) | static_cast<uint32_t>(Watch::calls);
  }
  detail::watched.store(watched);
}

// Who watches must not harm what he watches: where there is no memory for a note, there is no note.
template <class F>
void tell(Watch watch, F&& f) noexcept {
  try {
    std::vector<Entry> told;
    {
      std::lock_guard lock(observers_mutex());
      told = observers();
    }
    for (const Entry& entry : told) {
      if (watch == Watch::calls || entry.watch == watch) f(*entry.observer);
    }
  } catch (const std::exception&) {
  }
}

}  // namespace

namespace detail {
std::atomic<uint32_t> watched{0};
}

const char* name_of(Cause cause) {
  switch (cause) {
    case Cause::eval: return "eval";
    case Cause::async_eval: return "async_eval";
    case Cause::call: return "call of a compiled function";
    case Cause::item: return "item";
    case Cause::truth: return "truth value";
    case Cause::print: return "print";
    case Cause::conversion: return "conversion";
    case Cause::save: return "save";
    case Cause::budget: return "budget of pending operations";
  }
  return "";
}

bool is_explicit(Cause cause) {
  return cause == Cause::eval || cause == Cause::async_eval || cause == Cause::call;
}

int64_t nanoseconds_now() {
  auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

void add_observer(std::shared_ptr<Observer> observer, Watch watch) {
  std::lock_guard lock(observers_mutex());
  observers().push_back({std::move(observer), watch});
  count_watches();
}

void remove_observer(const Observer* observer) {
  std::shared_ptr<Observer> removed;  // freed without the lock
  std::lock_guard lock(observers_mutex());
  auto at = std::find_if(observers().begin(), observers().end(),
                         [&](const Entry& entry) { return entry.observer.get() == observer; });
  if (at == observers().end()) return;
  removed = std::move(at->observer);
  observers().erase(at);
  count_watches();
}

void report(const Evaluation& evaluation) {
  tell(Watch::calls, [&](Observer& observer) { observer.evaluated(evaluation); });
}
void report(const Retrace& retrace) {
  tell(Watch::calls, [&](Observer& observer) { observer.traced(retrace); });
}
void report_loading(const Span& loading) {
  tell(Watch::calls, [&](Observer& observer) { observer.loaded(loading); });
}
void report(const LaunchRun& run) {
  tell(Watch::kernels, [&](Observer& observer) { observer.launched(run); });
}
void report_copy(const Span& copy) {
  tell(Watch::kernels, [&](Observer& observer) { observer.copied(copy); });
}
void report_allocation(size_t bytes, uint32_t origin) {
  tell(Watch::kernels, [&](Observer& observer) { observer.allocated(bytes, origin); });
}

void CopyScope::end() const noexcept {
  report_copy({thread_number(), start_, nanoseconds_now() - start_});
}

void AskScope::begin(Cause cause, SourcePlace where) {
  if (asked) return;
  asked_ = std::make_unique<Evaluation>();
  asked_->cause = cause;
  asked_->place = place_text(current_origin(), where);
  asked_->thread = thread_number();
  asked_->start = nanoseconds_now();
  asked = asked_.get();
  waited = false;
}

void AskScope::end() noexcept {
  asked = nullptr;
  asked_->duration = nanoseconds_now() - asked_->start;
  if (asked_->nodes == 0 && !waited) return;
  report(*asked_);
}

void detail::note_computed(size_t nodes) {
  if (asked) asked->nodes += nodes;
}

void note_waited(int64_t start) {
  if (!asked) return;
  waited = true;
  asked->waiting += nanoseconds_now() - start;
}

void note_planned(int64_t start) {
  const Span planning{thread_number(), start, nanoseconds_now() - start};
  if (asked) {
    asked->planning += planning.duration;
    ++asked->plans_built;
  }
  tell(Watch::calls, [&](Observer& observer) { observer.planned(planning); });
}

std::string place_text(uint32_t origin, SourcePlace where) {
  // The line of a region says less than one of its own.
  const bool own_line = where.file && is_region(origin);
  std::string text = own_line ? "" : origin_text(origin);
  if (!text.empty() || !where.file) return text;
  return fmt::format("{}, line {}", where.file, where.line);
}

}  // namespace lazulite
