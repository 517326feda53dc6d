#include "lazulite/backends/cuda/runtime/ranges.h"

// Headers alone, which look for a profiler's library (NVTX_INJECTION64_PATH) at the first range.
#if __has_include(<nvtx3/nvToolsExt.h>)
#include <nvtx3/nvToolsExt.h>
#define LAZULITE_HAS_NVTX 1
#else
#define LAZULITE_HAS_NVTX 0
#endif

#include <memory>
#include <string>

#include "lazulite/core/environment.h"
#include "lazulite/core/errors.h"
#include "lazulite/core/observer.h"
#include "lazulite/program/launch_clock.h"

namespace lazulite::cuda {

bool ranges_enabled() {
  static const bool enabled = environment_switch("LAZULITE_CUDA_NVTX", false);
  return enabled;
}

void prepare_ranges() {
  if (!ranges_enabled()) return;
  if (!LAZULITE_HAS_NVTX) {
    throw Error(
        "LAZULITE_CUDA_NVTX is \"1\" in the environment, but this build has no ranges: it was made "
        "without NVTX's headers (nvtx3 of CUDA's toolkit)");
  }
  // Uncompiled programs note lines only while somebody watches.
  static const bool watching = (add_observer(std::make_shared<Observer>(), Watch::kernels), true);
  (void)watching;
}

#if LAZULITE_HAS_NVTX
namespace {

constexpr size_t most_names = 6;

// "matmul", or of a fused kernel "multiply, add, ...".
std::string name_of_launch(const Launch& launch) {
  if (!launch.fused) return launch.name();
  std::string text;
  size_t names = 0;
  for (const FusedOp& op : launch.fused->ops) {
    if (++names > most_names) return text + ", ...";
    text += (text.empty() ? "" : ", ") + std::string(op.is_cast ? "astype" : info(op.row).name);
  }
  return text.empty() ? launch.name() : text;
}

}  // namespace

LaunchRange::LaunchRange(const Launch& launch, size_t index) {
  std::string text = name_of_launch(launch);
  const LaunchClock* clock = LaunchClock::current();
  if (std::string place = clock ? clock->place(index) : ""; !place.empty()) {
    text += " (" + place + ")";
  }
  nvtxRangePushA(text.c_str());
}
LaunchRange::~LaunchRange() { nvtxRangePop(); }
#else
LaunchRange::LaunchRange(const Launch&, size_t) {}
LaunchRange::~LaunchRange() = default;
#endif

}  // namespace lazulite::cuda
