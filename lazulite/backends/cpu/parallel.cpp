#include "lazulite/backends/cpu/parallel.h"

#include <omp.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <exception>

#include "lazulite/core/threads.h"

namespace lazulite::cpu {
namespace {

std::atomic<bool> forked{false};
[[maybe_unused]] const int registered =
    pthread_atfork(nullptr, nullptr, [] { forked.store(true, std::memory_order_relaxed); });

bool may_spread() { return on_executor_thread() && !forked.load(std::memory_order_relaxed); }

}  // namespace

int thread_count() { return num_threads(); }

void parallel_for(int64_t n, int64_t grain, FunctionRef<void(int64_t, int64_t, int)> body) {
  if (n <= 0) return;
  const int64_t parts = std::min<int64_t>(thread_count(), n / std::max<int64_t>(grain, 1));
  if (parts <= 1 || omp_in_parallel() || !may_spread()) {
    body(0, n, 0);
    return;
  }
  std::exception_ptr error;  // of any part: none may leave OpenMP's region
#pragma omp parallel num_threads(static_cast <int>(parts))
  {
    const int64_t team = omp_get_num_threads();
    const int64_t worker = omp_get_thread_num();
    const int64_t begin = n * worker / team;
    const int64_t end = n * (worker + 1) / team;
    try {
      if (begin < end) body(begin, end, static_cast<int>(worker));
    } catch (...) {
#pragma omp critical(lazulite_parallel_for_error)
      error = std::current_exception();
    }
  }
  if (error) std::rethrow_exception(error);
}

ThreadScope::ThreadScope() : previous_(omp_get_max_threads()) {
  const int wanted = may_spread() ? thread_count() : 1;
  if (wanted != previous_) omp_set_num_threads(wanted);
}

ThreadScope::~ThreadScope() {
  if (omp_get_max_threads() != previous_) omp_set_num_threads(previous_);
}

}  // namespace lazulite::cpu
