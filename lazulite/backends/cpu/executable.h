#pragma once

#include <vector>

#include "lazulite/backends/cpu/kernels.h"
#include "lazulite/program/backend.h"

namespace lazulite::cpu {

// The kernels of a segment, run one after the other.
class CpuExecutable final : public Executable {
 public:
  explicit CpuExecutable(std::span<const Launch> segment);
  void run(const Arguments& arguments) override;

 private:
  std::vector<std::unique_ptr<Kernel>> kernels_;
  size_t of_checks_;
};

}  // namespace lazulite::cpu
