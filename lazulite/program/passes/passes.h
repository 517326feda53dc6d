#pragma once

#include <functional>

#include "lazulite/program/program.h"

namespace lazulite {

/// Replaces every call that its device cannot run by its composition.
void expand_calls(Program& program, const std::function<bool(const Instruction&)>& can_run);

/// Removes instructions whose results nobody uses, casts to the same dtype, and repetitions of the
/// same computation.
void simplify(Program& program);

/// Gathers elementwise operations, casts and reductions into fused kernels, and orders the
/// instructions. Where `fuses` refuses the device, each becomes a kernel of its own.
void fuse(Program& program, const std::function<bool(const Device&)>& fuses);

}  // namespace lazulite
