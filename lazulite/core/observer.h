#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lazulite/core/source_place.h"

namespace lazulite {

/// What had arrays computed.
enum class Cause : uint8_t {
  eval,
  async_eval,
  call,  // of a compiled function
  item,
  truth,
  print,
  conversion,
  save,
  budget,  // too much was pending
};
const char* name_of(Cause cause);
/// Whether the program asked for it in so many words. What is implicit surprises.
bool is_explicit(Cause cause);

/// In the place of a thread's number, for a device.
inline constexpr uint32_t no_thread = ~uint32_t{0};

/// Nanoseconds on a clock that only goes forward.
int64_t nanoseconds_now();

/// One evaluation, or a wait for the end of an earlier one: then `nodes` is 0.
struct Evaluation {
  Cause cause = Cause::eval;
  std::string place;     ///< of the line that asked, "train.py, line 12"; empty if not known
  uint32_t thread = 0;   ///< that asked (core/node.h)
  int64_t start = 0;     ///< nanoseconds_now()
  int64_t duration = 0;  ///< for which the thread was held up, in nanoseconds
  int64_t planning = 0;  ///< of it, for plans that were not there yet
  int64_t waiting = 0;   ///< of it, at its end, until the values were there
  uint64_t nodes = 0;    ///< operations computed
  uint64_t plans_built = 0;
};

/// One trace of a compiled function.
struct Retrace {
  std::string function;
  std::string place;                 ///< of the call
  bool first = true;                 ///< the function had not been traced before
  std::vector<std::string> reasons;  ///< what differed from the trace before
  uint32_t thread = 0;
  int64_t start = 0;
  int64_t duration = 0;
};

class Plan;

/// A time that a thread spent with something.
struct Span {
  uint32_t thread = 0;
  int64_t start = 0;
  int64_t duration = 0;
};

/// A kernel of a plan that ran on the host, or a segment of it that ran on a device.
struct LaunchRun {
  std::shared_ptr<const Plan> plan;
  size_t first = 0;  ///< of the plan's launches
  size_t last = 0;   ///< one past
  /// Of the instructions of the plan's program (core/origin.h); null where nobody noted them.
  const std::vector<uint32_t>* origins = nullptr;
  uint32_t thread = no_thread;
  int64_t start = 0;
  int64_t duration = 0;
};

/// Is told what the framework does, by the threads that do it. Must not evaluate anything.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void evaluated(const Evaluation&) {}
  virtual void traced(const Retrace&) {}
  virtual void planned(const Span&) {}
  /// A batch was waited for, or made.
  virtual void loaded(const Span&) {}
  virtual void launched(const LaunchRun&) {}
  /// Bytes went from one memory to another, or into an array or out of it.
  virtual void copied(const Span&) {}
  /// A run took memory for results, which are computed at `origin` (core/origin.h).
  virtual void allocated(size_t bytes, uint32_t origin) { (void)bytes, (void)origin; }
};

/// What observers want to be told of: where nobody does, nothing is measured.
enum class Watch : uint32_t { calls = 1, kernels = 2 };
void add_observer(std::shared_ptr<Observer> observer, Watch watch);
void remove_observer(const Observer* observer);

namespace detail {
extern std::atomic<uint32_t> watched;
}
/// Kernels imply calls.
inline bool is_watched(Watch watch) {
  return detail::watched.load(std::memory_order_relaxed) & static_cast<uint32_t>(watch);
}

void report(const Evaluation& evaluation);
void report(const Retrace& retrace);
void report_loading(const Span& loading);
void report(const LaunchRun& run);
void report_copy(const Span& copy);
void report_allocation(size_t bytes, uint32_t origin);

/// Bytes are copied until the end of the scope.
class CopyScope {
 public:
  CopyScope() : start_(is_watched(Watch::kernels) ? nanoseconds_now() : 0) {}
  ~CopyScope() {
    if (start_) end();
  }
  CopyScope(const CopyScope&) = delete;
  CopyScope& operator=(const CopyScope&) = delete;

 private:
  void end() const noexcept;
  const int64_t start_;
};

/// Somebody asks for values, until the end of the scope. Of nested ones the outermost counts.
class AskScope {
 public:
  explicit AskScope(Cause cause, SourcePlace where = {}) {
    if (is_watched(Watch::calls)) begin(cause, where);
  }
  ~AskScope() {
    if (asked_) end();
  }
  AskScope(const AskScope&) = delete;
  AskScope& operator=(const AskScope&) = delete;

 private:
  void begin(Cause cause, SourcePlace where);
  void end() noexcept;
  std::unique_ptr<Evaluation> asked_;
};

namespace detail {
void note_computed(size_t nodes);
}

// What happens meanwhile, for the calling thread's scope, if it has one that is watched.
inline void note_computed(size_t nodes) {
  if (is_watched(Watch::calls)) detail::note_computed(nodes);
}
/// The values were waited for since `start`.
void note_waited(int64_t start);
/// A plan was made since `start`.
void note_planned(int64_t start);

/// "train.py, line 12", or what C++ says of its own line.
std::string place_text(uint32_t origin, SourcePlace where);

}  // namespace lazulite
