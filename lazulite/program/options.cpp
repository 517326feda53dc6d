#include "lazulite/program/options.h"

#include <atomic>
#include <limits>

#include "lazulite/core/environment.h"
#include "lazulite/core/fork.h"
#include "lazulite/core/threads.h"
#include "lazulite/program/statistics.h"

namespace lazulite {
namespace {

std::atomic<bool>& fusion_flag() {
  static std::atomic<bool> flag{environment_switch("LAZULITE_FUSION", true)};
  return flag;
}

std::atomic<ConvAlgorithm> convolution{ConvAlgorithm::automatic};
std::atomic<FiniteGuard> guard{FiniteGuard::off};
std::atomic<size_t> budget_nodes{PendingBudget{}.nodes};
std::atomic<size_t> budget_bytes{PendingBudget{}.bytes};

struct Counters {
  std::atomic<uint64_t> evaluations{0}, plans_built{0}, launches{0}, bytes_read{0},
      bytes_written{0}, flushes{0};
} counters;

}  // namespace

std::optional<uint64_t> perturbation_seed() {
  return environment_number("LAZULITE_PERTURB", 0, std::numeric_limits<uint64_t>::max());
}

void check_environment() {
  num_threads();
  fusion_enabled();
  perturbation_seed();
}

namespace {
[[maybe_unused]] const bool made = (add_fork_handler(made_before_forks<check_environment>()), true);
}  // namespace

bool fusion_enabled() { return fusion_flag(); }
void set_fusion_enabled(bool enabled) { fusion_flag() = enabled; }

ConvAlgorithm conv_algorithm() { return convolution; }
void set_conv_algorithm(ConvAlgorithm algorithm) { convolution = algorithm; }

FiniteGuard finite_guard() { return guard.load(std::memory_order_relaxed); }
void set_finite_guard(FiniteGuard value) { guard = value; }

PendingBudget pending_budget() { return {budget_nodes, budget_bytes}; }
void set_pending_budget(PendingBudget budget) {
  budget_nodes = budget.nodes;
  budget_bytes = budget.bytes;
}

void count_run(const Plan& plan) {
  const PlanStatistics& statistics = plan.statistics();
  ++counters.evaluations;
  counters.launches += statistics.launches;
  counters.bytes_read += statistics.bytes_read;
  counters.bytes_written += statistics.bytes_written;
}
void count_plan_built() { ++counters.plans_built; }
void count_flush() { ++counters.flushes; }

ExecutionStatistics execution_statistics() {
  return {counters.evaluations, counters.plans_built,   counters.launches,
          counters.bytes_read,  counters.bytes_written, counters.flushes};
}

}  // namespace lazulite
