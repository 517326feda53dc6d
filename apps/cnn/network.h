#pragma once

#include "lazulite/lazulite.h"

namespace cnn {

namespace nn = lazulite::nn;
using lazulite::Array;

/// Three blocks of 5×5 convolution, ReLU and 2×2 max-pooling (20, 50, 100 channels), then linear
/// layers of f/2, f/4 and `classes` outputs for f pooled features, each followed by dropout.
class Network : public nn::Module {
 public:
  /// Images are (n, side, side, channels).
  Network(int64_t channels, int64_t side, int64_t classes, double dropout = 0.3);

  /// Log-probabilities of the classes, (n, classes).
  Array operator()(const Array& images) const;

 private:
  // A block, which profiles name.
  Array convolved(const char* name, const nn::Conv2d& conv, const Array& x) const;

  nn::Conv2d conv1_, conv2_, conv3_;
  nn::MaxPool2d pool_{2};
  nn::Linear hidden1_, hidden2_, out_;
  nn::Dropout dropout_;
};

}  // namespace cnn
