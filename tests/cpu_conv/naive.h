#pragma once

#include <cstdint>
#include <vector>

#include "lazulite/backends/cpu/conv/conv.h"

// Convolution as its definition says it, in double precision, on channels-last images.
namespace lazulite::cpu {

using Doubles = std::vector<double>;
using Floats = std::vector<float>;

// [n][out_h][out_w][c_out], without bias.
Doubles naive_conv(const ConvShape& shape, const Floats& images, const Floats& weights);

// The gradients, given that of the output before pooling, [n][out_h][out_w][c_out].
Doubles naive_input_gradient(const ConvShape& shape, const Floats& weights,
                             const Doubles& output_gradient);
Doubles naive_weight_gradient(const ConvShape& shape, const Floats& images,
                              const Doubles& output_gradient);
Doubles naive_bias_gradient(const ConvShape& shape, const Doubles& output_gradient);

double deviation(const Doubles& values);

}  // namespace lazulite::cpu
