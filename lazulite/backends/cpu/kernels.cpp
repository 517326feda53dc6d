#include "lazulite/backends/cpu/kernels.h"

#include <fmt/format.h>

#include "lazulite/backends/cpu/primitives/primitives.h"
#include "lazulite/core/errors.h"

namespace lazulite::cpu {

bool can_run(const Launch& launch) {
  if (launch.fused) return true;
  return launch.primitive->visit([&](const auto& p) { return accepts(p, launch); });
}

std::unique_ptr<Kernel> make_kernel(const Launch& launch) {
  if (launch.fused) return make_fused(launch);
  if (!can_run(launch)) {
    throw Error(fmt::format("{}: the cpu backend has no kernel for this operation", launch.name()));
  }
  return launch.primitive->visit([&](const auto& p) { return make(p, launch); });
}

}  // namespace lazulite::cpu
