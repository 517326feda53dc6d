#pragma once

#include "lazulite/backends/cpu/fused/tape.h"
#include "lazulite/program/launch.h"

namespace lazulite::cpu {

// The strides of the launch's inputs along the kernel's shape.
std::vector<Strides> input_strides(const FusedKernel& kernel, const Launch& launch);

// Elements in a block that let the kernel's registers stay in the first-level cache; a multiple
// of 64.
int64_t block_size(const FusedKernel& kernel);

// Writes the tape of a kernel whose inputs lie as `layout` says. Throws where an operation has no
// value for its dtypes.
Tape lower(const FusedKernel& kernel, const Launch& launch, Layout layout, Blocking blocking);

}  // namespace lazulite::cpu
