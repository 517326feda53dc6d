#pragma once

#include <cstdint>

#include "lazulite/backends/cpu/conv/calls.h"

namespace lazulite::cpu {

inline Epilogue epilogue_of(const ConvPlan& plan, const float* bias, float* output,
                            uint8_t* residual) {
  if (plan.residual_bytes() == 0) residual = nullptr;
  return {plan.options.relu, plan.options.pool, bias,          output,
          residual,          plan.shape.c_out,  plan.height(), plan.width()};
}

// The forward pass of one group, on the calling thread.
int64_t forward_group_scratch(const ConvPlan& plan);
void conv_forward_group(const ConvPlan& plan, const float* input, const float* prepared_weights,
                        const float* bias, float* output, float* scratch);

}  // namespace lazulite::cpu
