#include "lazulite/backends/cpu/executable.h"

#include "lazulite/backends/cpu/parallel.h"
#include "lazulite/program/checks.h"

namespace lazulite::cpu {

CpuExecutable::CpuExecutable(std::span<const Launch> segment)
    : of_checks_(launches_of_checks(segment)) {
  kernels_.reserve(segment.size());
  for (const Launch& launch : segment) kernels_.push_back(make_kernel(launch));
}

void CpuExecutable::run(const Arguments& arguments) {
  ThreadScope scope;
  run_launches(of_checks_, kernels_.size(), [&](size_t i) {
    kernels_[i]->run(arguments.slots.data(), arguments.contents.data());
  });
}

}  // namespace lazulite::cpu
