#pragma once

#include <cstdint>

#include "lazulite/backends/cpu/conv/calls.h"

namespace lazulite::cpu {

// The forward pass is divided into items: a group and two rows of outputs.
int64_t direct_forward_scratch(const ConvPlan& plan);
void direct_forward(const ForwardCall& call, int64_t begin, int64_t end, float* scratch);
int64_t direct_forward_rows(const ConvPlan& plan);  // items in a group

// The gradient of the input is a convolution of the gradient of the output; items as above.
int64_t direct_input_gradient_scratch(const ConvPlan& plan);
void direct_input_gradient(const ConvPlan& plan, const OutputGradient& gradient,
                           const float* weights, int64_t begin, int64_t end, float* input_gradient,
                           float* scratch);
int64_t direct_input_gradient_rows(const ConvPlan& plan);

// Weights as [part][depth][tap][channels_per_part], the taps reversed for the backward pass.
void direct_prepare_weights(const ConvPlan& plan, bool backward, const float* weights,
                            int64_t first_part, int64_t end_part, float* prepared);

// The gradients of the weights [part][channel][c_in][tap] and of the bias of one part of the output
// channels, from groups [begin, end).
int64_t direct_gradient_parts(const ConvPlan& plan);
int64_t direct_part_floats(const ConvPlan& plan);  // of one part: weights, then biases
int64_t direct_weight_gradient_scratch(const ConvPlan& plan);
void direct_weight_gradient(const ConvPlan& plan, const float* input,
                            const OutputGradient& gradient, int64_t part, int64_t begin,
                            int64_t end, float* part_gradient, float* scratch);

}  // namespace lazulite::cpu
