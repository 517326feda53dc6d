#pragma once

#include <cstdint>

#include "lazulite/backends/cpu/conv/calls.h"

namespace lazulite::cpu {

int64_t winograd_backward_workspace(const ConvPlan& plan);
void winograd_backward(const ConvPlan& plan, const ConvBackward& call,
                       const OutputGradient& gradient, float* workspace);

}  // namespace lazulite::cpu
