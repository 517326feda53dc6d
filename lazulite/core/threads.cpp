#include "lazulite/core/threads.h"

#include <fmt/format.h>

#ifdef __linux__
#include <sched.h>
#endif

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

#include "lazulite/core/errors.h"

namespace lazulite {
namespace {

int allowed_processors() {
#ifdef __linux__
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0) return std::max(CPU_COUNT(&set), 1);
#endif
  return std::max(static_cast<int>(std::thread::hardware_concurrency()), 1);
}

// Processors' worth of time that the control group grants; infinite without a quota.
double quota() {
  std::string microseconds;
  double period = 0;
  if (std::ifstream("/sys/fs/cgroup/cpu.max") >> microseconds >> period && microseconds != "max") {
    return std::strtod(microseconds.c_str(), nullptr) / period;
  }
  double granted = 0;
  if (std::ifstream("/sys/fs/cgroup/cpu/cpu.cfs_quota_us") >> granted && granted > 0 &&
      std::ifstream("/sys/fs/cgroup/cpu/cpu.cfs_period_us") >> period) {
    return granted / period;
  }
  return INFINITY;
}

int initial_threads() {
  if (const char* text = std::getenv("LAZULITE_NUM_THREADS")) {
    int count = 0;
    std::from_chars(text, text + std::char_traits<char>::length(text), count);
    if (count > 0) return count;
  }
  const double granted = std::min<double>(allowed_processors(), std::ceil(quota()));
  return std::max(static_cast<int>(granted), 1);
}

// OpenMP's threads that spin for long while they wait take the processor from whoever has work, so
// that a busy neighbour makes each parallel loop wait for a scheduler's slice; those that sleep at
// once make each loop of a small network wait to be woken. libgomp reads this when it is loaded,
// with the first backend; what the user has chosen stays.
struct WaitPolicy {
  WaitPolicy() {
    if (!std::getenv("OMP_WAIT_POLICY")) setenv("GOMP_SPINCOUNT", "2000", 0);
  }
} wait_policy;

std::atomic<int> requested{0};
thread_local bool is_executor = false;

}  // namespace

int num_threads() {
  static const int initial = initial_threads();
  const int count = requested.load(std::memory_order_relaxed);
  return count > 0 ? count : initial;
}

void set_num_threads(int count) {
  if (count < 0) {
    throw Error(
        fmt::format("set_num_threads: {} threads were asked for; expected 0 or more", count));
  }
  requested.store(count, std::memory_order_relaxed);
}

void become_executor_thread() { is_executor = true; }
bool on_executor_thread() { return is_executor; }

}  // namespace lazulite
