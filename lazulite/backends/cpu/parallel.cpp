#include "lazulite/backends/cpu/parallel.h"

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>

#include "lazulite/core/fork.h"
#include "lazulite/core/threads.h"

namespace lazulite::cpu {
namespace {

using Clock = std::chrono::steady_clock;

// Whether workers come late. One that sleeps must be woken, and where other processes want the
// processors too, that takes up to a scheduler's slice: far longer than a brief part. Brief loops
// then run on the caller alone for a while, and for longer each time that the next try is late too.
class LateWorkers {
 public:
  bool expected() const { return pause_ > shortest && Clock::now() < until_; }

  // How long the caller has worked in a brief loop, and then waited for the others.
  void record(Clock::duration worked, Clock::duration waited) {
    if (waited < std::max<Clock::duration>(2 * worked, std::chrono::microseconds(100))) {
      pause_ = shortest;
      return;
    }
    pause_ = std::min(2 * pause_, longest);
    until_ = Clock::now() + pause_;
  }

 private:
  static constexpr Clock::duration shortest = std::chrono::milliseconds(5);
  static constexpr Clock::duration longest = std::chrono::milliseconds(640);
  Clock::duration pause_ = shortest;
  Clock::time_point until_;
};

thread_local LateWorkers late_workers;

bool may_spread() { return on_executor_thread() && !is_forked_child(); }

}  // namespace

int thread_count() { return num_threads(); }

void parallel_for(int64_t n, int64_t grain, FunctionRef<void(int64_t, int64_t, int)> body) {
  if (n <= 0) return;
  const int64_t parts = std::min<int64_t>(thread_count(), n / std::max<int64_t>(grain, 1));
  // A grain of one may be any amount of work; others are about nanoseconds_per_worker.
  const bool brief = grain > 1 && n < 12 * grain * parts;
  parallel_parts(n, parts, brief, body);
}

void parallel_parts(int64_t n, int64_t parts, bool brief,
                    FunctionRef<void(int64_t, int64_t, int)> body) {
  if (n <= 0) return;
  if (parts <= 1 || omp_in_parallel() || !may_spread()) {
    body(0, n, 0);
    return;
  }
  const auto run_part = [&](int64_t part) {
    const int64_t begin = n * part / parts, end = n * (part + 1) / parts;
    if (begin < end) body(begin, end, static_cast<int>(part));
  };
  if (brief && late_workers.expected()) {
    for (int64_t part = 0; part < parts; ++part) run_part(part);
    return;
  }
  std::exception_ptr error;  // of any part: none may leave OpenMP's region
  const Clock::time_point start = brief ? Clock::now() : Clock::time_point();
  Clock::time_point own_end;
#pragma omp parallel num_threads(static_cast <int>(parts))
  {
    const int worker = omp_get_thread_num();
    try {
      // A team may be smaller than asked for.
      for (int64_t part = worker; part < parts; part += omp_get_num_threads()) run_part(part);
    } catch (...) {
#pragma omp critical(lazulite_parallel_for_error)
      error = std::current_exception();
    }
    if (brief && worker == 0) own_end = Clock::now();
  }
  if (brief) late_workers.record(own_end - start, Clock::now() - own_end);
  if (error) std::rethrow_exception(error);
}

ThreadScope::ThreadScope() : previous_(omp_get_max_threads()), dynamic_(omp_get_dynamic() != 0) {
  // Such code divides its work among omp_get_max_threads() and waits for all of them: it must be
  // the team that OpenMP really gives.
  if (dynamic_) omp_set_dynamic(0);
  const bool spreads = may_spread() && omp_get_max_active_levels() > omp_get_active_level();
  const int wanted = spreads ? std::clamp(thread_count(), 1, omp_get_thread_limit()) : 1;
  if (wanted != previous_) omp_set_num_threads(wanted);
}

ThreadScope::~ThreadScope() {
  if (omp_get_max_threads() != previous_) omp_set_num_threads(previous_);
  if (dynamic_) omp_set_dynamic(1);
}

}  // namespace lazulite::cpu
