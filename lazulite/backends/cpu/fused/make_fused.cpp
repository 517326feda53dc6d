#include "lazulite/backends/cpu/kernels.h"
#include "lazulite/core/errors.h"

namespace lazulite::cpu {

std::unique_ptr<Kernel> make_fused(const Launch& launch) {
  throw Error(std::string(launch.name()) + ": the cpu backend cannot run fused kernels yet");
}

}  // namespace lazulite::cpu
