#include "lazulite/backends/cpu/simd_target.h"

#include <string_view>

#include "lazulite/backends/cpu/simd.h"

// After simd.h, which limits the targets.
#include <fmt/format.h>
#include <hwy/highway.h>

#include "lazulite/core/environment.h"

namespace lazulite::cpu {
namespace {

constexpr struct {
  std::string_view name;
  int64_t target;
} targets[] = {
#if HWY_ARCH_X86
    {"sse4", HWY_SSE4},
    {"avx2", HWY_AVX2},
    {"avx512", HWY_AVX3},
#else
    {"neon", HWY_NEON},
#endif
};

}  // namespace

bool choose_simd_target(std::string* reason) {
  const char* wanted = environment_text("LAZULITE_SIMD");
  if (!wanted) return true;
  for (const auto& [name, target] : targets) {
    if (name != wanted) continue;
    if (!(hwy::SupportedTargets() & target)) {
      *reason = fmt::format(
          "LAZULITE_SIMD is \"{}\" in the environment, which this processor does not have", wanted);
      return false;
    }
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(target);
    return true;
  }
  *reason = fmt::format("LAZULITE_SIMD is \"{}\" in the environment; expected {}", wanted,
                        HWY_ARCH_X86 ? "\"sse4\", \"avx2\" or \"avx512\"" : "\"neon\"");
  return false;
}

const char* simd_target() {
  const int64_t best = hwy::SupportedTargets() & HWY_TARGETS;
  return hwy::TargetName(best & -best);
}

}  // namespace lazulite::cpu
