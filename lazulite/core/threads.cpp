#include "lazulite/core/threads.h"

#include <fmt/format.h>

#ifdef __linux__
#include <sched.h>
#endif
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <list>
#include <string>
#include <thread>
#include <vector>

#include "lazulite/core/environment.h"
#include "lazulite/core/errors.h"

namespace lazulite {
namespace {

// More would only end the process: OpenMP's library gives up where a thread cannot be made.
constexpr int most_threads = 1024;

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
  if (auto count = environment_number("LAZULITE_NUM_THREADS", 1, most_threads)) {
    return static_cast<int>(*count);
  }
  const double granted = std::min<double>(allowed_processors(), std::ceil(quota()));
  return std::clamp(static_cast<int>(granted), 1, most_threads);
}

std::atomic<int> requested{0};
thread_local bool is_executor = false;

}  // namespace

int num_threads() {
  static const int initial = initial_threads();
  const int count = requested.load(std::memory_order_relaxed);
  return count > 0 ? count : initial;
}

void set_num_threads(int count) {
  if (count < 0 || count > most_threads) {
    throw Error(fmt::format("set_num_threads: {} threads were asked for; expected 0 to {}", count,
                            most_threads));
  }
  requested.store(count, std::memory_order_relaxed);
}

BriefSpinning::BriefSpinning() {
  if (std::getenv("OMP_WAIT_POLICY") || std::getenv("GOMP_SPINCOUNT")) return;
  // A second environment, and not setenv: other threads may be reading the first one, or soon this
  // one, which therefore stays.
  static auto* kept = new std::list<std::vector<char*>>;
  static char text[] = "GOMP_SPINCOUNT=2000";
  std::vector<char*>& environment = kept->emplace_back();
  previous_ = environ;
  for (char** entry = environ; entry && *entry; ++entry) environment.push_back(*entry);
  environment.insert(environment.end(), {text, nullptr});
  environ = own_ = environment.data();
}

BriefSpinning::~BriefSpinning() {
  if (!own_) return;
  if (environ == own_) {
    environ = previous_;
  } else {
    unsetenv("GOMP_SPINCOUNT");  // another thread has changed the environment meanwhile
  }
}

void become_executor_thread() { is_executor = true; }
bool on_executor_thread() { return is_executor; }

}  // namespace lazulite
