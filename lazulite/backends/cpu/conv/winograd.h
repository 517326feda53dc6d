#pragma once

#include <cstdint>

#include "lazulite/backends/cpu/conv/calls.h"

namespace lazulite::cpu {

// The forward pass is divided into items: a group, a block of its tiles, and one of
// `slices` contiguous runs of output channels.
int64_t winograd_forward_scratch(const ConvPlan& plan);
void winograd_forward(const ForwardCall& call, int64_t slices, int64_t begin, int64_t end,
                      float* scratch);

// Weights at the points, [part][point][depth][channels_per_part]: the parts are of the output
// channels and the depth of the input's, or the reverse for the backward pass.
void winograd_prepare_weights(const ConvPlan& plan, bool backward, const float* weights,
                              int64_t first_part, int64_t end_part, float* prepared);

// Of one group and block: the gradient of the output at the points, and the input at the points.
void winograd_transform_gradient(const ConvPlan& plan, const OutputGradient& gradient,
                                 int64_t group, int64_t block, float* transformed,
                                 float* channel_sums);
void winograd_transform_input(const ConvPlan& plan, const float* input, int64_t group,
                              int64_t block, float* transformed);

// Adds to the gradient of a group's input what one block of transformed gradients gives, for the
// parts [begin, end) of the input channels.
int64_t winograd_input_gradient_scratch(const ConvPlan& plan);
void winograd_input_gradient(const ConvPlan& plan, const float* transformed, const float* weights,
                             int64_t group, int64_t block, int64_t begin, int64_t end,
                             float* input_gradient, float* scratch);

// The gradient of the weights at the points [begin, end), from consecutive blocks, which have
// `length` floats in use, but the last one `last_length`. It lies as
// [point][c_out / 4][c_in / 4][4][4], fours rounded up.
int64_t winograd_point_gradient_floats(const ConvPlan& plan);
void winograd_point_gradient(const ConvPlan& plan, const float* input, const float* gradient,
                             int64_t length, int64_t last_length, int64_t blocks, int64_t begin,
                             int64_t end, bool accumulate, float* point_gradient);

// The gradient of the weights of output channels [begin, end): transforms back the sum of `copies`
// gradients at the points, in order.
int64_t winograd_weight_gradient_scratch(const ConvPlan& plan);
void winograd_weight_gradient(const ConvPlan& plan, const float* point_gradients, int64_t copies,
                              int64_t begin, int64_t end, float* weight_gradient, float* scratch);

}  // namespace lazulite::cpu
