#pragma once

#include <functional>

#include "lazulite/program/program.h"

namespace lazulite {

/// Replaces every call that its device cannot run by its composition.
void expand_calls(Program& program, const std::function<bool(const Instruction&)>& can_run);

/// Removes instructions whose results nobody uses or that change nothing, and repetitions of the
/// same computation.
void simplify(Program& program);

/// Removes broadcasts and transpositions that the instructions around them can do by themselves.
void absorb_views(Program& program);

/// Replaces convolution, bias, relu and max-pooling, and their derivatives, by the calls conv_block
/// and conv_block_grad where `can_run` accepts them and nothing else needs what lies between.
void match_conv_blocks(Program& program, const std::function<bool(const Instruction&)>& can_run);

/// Lets values between instructions that both know a physical layout stay in it. `accepts` says
/// whether an instruction takes its input (or gives its output) number `index` in the layout.
void choose_layouts(Program& program,
                    const std::function<bool(const Instruction&, size_t index, bool output,
                                             Layout layout)>& accepts);

/// Gathers elementwise operations, casts and reductions into fused kernels, and orders the
/// instructions. Where `fuses` refuses the device, each becomes a kernel of its own.
void fuse(Program& program, const std::function<bool(const Device&)>& fuses);

/// Brings checks on data, and what they need, to the front: what they find is known before anything
/// is overwritten.
void order_checks(Program& program);

}  // namespace lazulite
