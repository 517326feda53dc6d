#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace lazulite {

/// Whether elementwise operations are fused (they are, unless the environment variable
/// LAZULITE_FUSION is 0; it may also be 1, and anything else is a ValueError). Results are the same
/// bits either way.
bool fusion_enabled();
void set_fusion_enabled(bool enabled);

/// The environment variable LAZULITE_PERTURB: a seed with which the executor takes unlucky orders.
std::optional<uint64_t> perturbation_seed();

/// Throws a ValueError unless the variables that concern every evaluation can be understood.
void check_environment();

/// How convolutions are computed: `automatic` takes Winograd's algorithm where its error stays
/// under 4e-5 of the output's standard deviation; `direct` never does.
enum class ConvAlgorithm { automatic, direct };
ConvAlgorithm conv_algorithm();
/// Takes effect from now on, in compiled functions too.
void set_conv_algorithm(ConvAlgorithm algorithm);

/// Whether every operation's result is looked at: where the first NaN, or the first infinity that
/// is made of finite numbers, appears, the evaluation fails with a NonFiniteError. Operations then
/// run one by one, and nothing in place.
enum class FiniteGuard : uint8_t { off, nan, nan_and_infinity };
FiniteGuard finite_guard();
/// Takes effect from now on, in compiled functions too.
void set_finite_guard(FiniteGuard guard);

/// All options that plans depend on.
struct PlanOptions {
  bool fusion;
  ConvAlgorithm conv_algorithm;
  FiniteGuard guard;
  static PlanOptions current() {
    return {fusion_enabled(), lazulite::conv_algorithm(), finite_guard()};
  }
  bool operator==(const PlanOptions&) const = default;
};

/// How much may be pending in one thread before it is evaluated anyway: nodes created since its
/// last evaluation, and bytes of evaluated arrays that nothing but pending nodes keeps alive. Zero
/// turns the limit off.
struct PendingBudget {
  size_t nodes = 4096;
  size_t bytes = size_t{2} << 30;
};
PendingBudget pending_budget();
void set_pending_budget(PendingBudget budget);

/// Counters since the start of the process.
struct ExecutionStatistics {
  uint64_t evaluations = 0;  ///< plans run
  uint64_t plans_built = 0;
  uint64_t launches = 0;
  uint64_t bytes_read = 0;  ///< distinct bytes read by each launch, summed
  uint64_t bytes_written = 0;
  uint64_t flushes = 0;  ///< evaluations that the budget caused
};
ExecutionStatistics execution_statistics();

}  // namespace lazulite
