#pragma once

#include "lazulite/core/release.h"
#include "lazulite/nn/module.h"
#include "lazulite/ops/ops.h"

namespace lazulite::nn {

// Element by element, except softmax, softmin and log_softmax, which normalise along an axis.

Array relu6(Array x);
Array leaky_relu(Array x, double negative_slope = 0.01);
Array elu(Array x, double alpha = 1);
Array selu(Array x);
Array celu(Array x, double alpha = 1);
/// x Φ(x), with the exact distribution function.
Array gelu(Array x);
/// Its approximation by a hyperbolic tangent.
Array gelu_approx(Array x);
Array silu(Array x);
Array mish(Array x);
Array softplus(Array x);
Array softsign(Array x);
Array hardswish(Array x);
Array log_sigmoid(Array x);
using lazulite::log_softmax;
using lazulite::relu;
using lazulite::sigmoid;
using lazulite::softmax;
using lazulite::tanh;

// The same as layers, to be put into a Sequential.
#define LAZULITE_FOR_EACH_ACTIVATION(F) \
  F(ReLU, relu)                         \
  F(ReLU6, relu6)                       \
  F(LeakyReLU, leaky_relu)              \
  F(ELU, elu)                           \
  F(SELU, selu)                         \
  F(CELU, celu)                         \
  F(GELU, gelu)                         \
  F(SiLU, silu)                         \
  F(Mish, mish)                         \
  F(Softplus, softplus)                 \
  F(Softsign, softsign)                 \
  F(Hardswish, hardswish)               \
  F(LogSigmoid, log_sigmoid)            \
  F(Sigmoid, sigmoid)                   \
  F(Tanh, tanh)
#define LAZULITE_ACTIVATION_LAYER(Layer, function) \
  struct Layer : Module {                          \
    Array operator()(Array x) const {              \
      const OperationScope scope(#Layer);          \
      expect_array(#Layer, x);                     \
      return function(std::move(x));               \
    }                                              \
  };
LAZULITE_FOR_EACH_ACTIVATION(LAZULITE_ACTIVATION_LAYER)
#undef LAZULITE_ACTIVATION_LAYER
#undef LAZULITE_FOR_EACH_ACTIVATION

/// Along the last axis.
struct Softmax : Module {
  Array operator()(Array x) const {
    const OperationScope scope("Softmax");
    expect_array("Softmax", x);
    return softmax(std::move(x), -1);
  }
};
struct LogSoftmax : Module {
  Array operator()(Array x) const {
    const OperationScope scope("LogSoftmax");
    expect_array("LogSoftmax", x);
    return log_softmax(std::move(x), -1);
  }
};
/// All axes but the first as one.
struct Flatten : Module {
  Array operator()(Array x) const {
    const OperationScope scope("Flatten");
    expect_array("Flatten", x);
    return std::move(x).flatten(1);
  }
};
struct Identity : Module {
  Array operator()(Array x) const {
    const OperationScope scope("Identity");
    expect_array("Identity", x);
    return x;
  }
};

}  // namespace lazulite::nn
