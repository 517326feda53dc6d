#pragma once

#include "lazulite/core/array.h"

namespace lazulite::nn::init {

// First values for parameters, drawn with the default random state. For matrices (out, in) and
// convolution weights (out, kernel…, in), fan_in and fan_out are the numbers of inputs and outputs
// that one output or input is connected with. Bounds, means, deviations and gains must be finite,
// deviations and gains not negative, and weights not empty.

Array constant(const Shape& shape, double value, Dtype dtype = Dtype::float32);
/// Uniform in [low, high).
Array uniform(const Shape& shape, double low, double high, Dtype dtype = Dtype::float32);
Array normal(const Shape& shape, double mean = 0, double deviation = 1,
             Dtype dtype = Dtype::float32);
/// Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks",
/// 2010.
Array glorot_uniform(const Shape& shape, double gain = 1, Dtype dtype = Dtype::float32);
Array glorot_normal(const Shape& shape, double gain = 1, Dtype dtype = Dtype::float32);
/// He et al., "Delving deep into rectifiers", 2015, with the fan of the inputs.
Array he_uniform(const Shape& shape, double gain = 1, Dtype dtype = Dtype::float32);
Array he_normal(const Shape& shape, double gain = 1, Dtype dtype = Dtype::float32);
/// Uniform within ±1/sqrt(fan_in), from the shape of the weights that the array belongs to: what
/// PyTorch gives linear layers and convolutions, weights and biases alike.
Array fan_in_uniform(const Shape& shape, const Shape& weights, Dtype dtype = Dtype::float32);

struct Fans {
  double in;
  double out;
};
Fans fans(const Shape& weights);

}  // namespace lazulite::nn::init
