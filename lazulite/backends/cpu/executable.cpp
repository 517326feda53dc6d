#include "lazulite/backends/cpu/executable.h"

#include "lazulite/backends/cpu/parallel.h"

namespace lazulite::cpu {

CpuExecutable::CpuExecutable(std::span<const Launch> segment) {
  kernels_.reserve(segment.size());
  for (const Launch& launch : segment) kernels_.push_back(make_kernel(launch));
}

void CpuExecutable::run(const Arguments& arguments) {
  ThreadScope scope;
  for (const auto& kernel : kernels_) {
    kernel->run(arguments.slots.data(), arguments.contents.data());
  }
}

}  // namespace lazulite::cpu
