#pragma once

#include <memory>

#include "lazulite/program/launch.h"

namespace lazulite::cpu {

// A launch made ready: all that can be decided before the addresses are known has been.
class Kernel {
 public:
  virtual ~Kernel() = default;
  // slots[i] is the address of slot i of the plan.
  virtual void run(void* const* slots) = 0;
  // The same for kernels that keep what they derive from inputs: contents[i] differs whenever the
  // content of slot i may differ, and is 0 where nothing is known.
  virtual void run(void* const* slots, const uint64_t* contents) {
    (void)contents;
    run(slots);
  }
};

// Whether make_kernel accepts the launch.
bool can_run(const Launch& launch);

// The kernel of a launch, which must outlive it. Throws where there is none.
std::unique_ptr<Kernel> make_kernel(const Launch& launch);

// The kernel of a launch that does what `fused` says. Neither needs to outlive this call.
std::unique_ptr<Kernel> make_fused(const FusedKernel& fused, const Launch& launch);

}  // namespace lazulite::cpu
