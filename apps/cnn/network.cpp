#include "network.h"

#include "lazulite/debug/region.h"

namespace cnn {
namespace {

int64_t features(int64_t side) { return 100 * (side / 8) * (side / 8); }

}  // namespace

Network::Network(int64_t channels, int64_t side, int64_t classes, double dropout)
    : conv1_(channels, 20, 5, {.padding = 2}),
      conv2_(20, 50, 5, {.padding = 2}),
      conv3_(50, 100, 5, {.padding = 2}),
      hidden1_(features(side), features(side) / 2),
      hidden2_(features(side) / 2, features(side) / 4),
      out_(features(side) / 4, classes),
      dropout_(dropout) {
  // Biases start like weights, so that training compares with PyTorch's.
  for (nn::Conv2d* conv : {&conv1_, &conv2_, &conv3_}) {
    conv->bias = nn::init::fan_in_uniform(conv->bias.get().shape(), conv->weight.get().shape());
  }
  modules({{"conv1", conv1_},
           {"conv2", conv2_},
           {"conv3", conv3_},
           {"hidden1", hidden1_},
           {"hidden2", hidden2_},
           {"out", out_},
           {"dropout", dropout_}});
}

Array Network::operator()(const Array& images) const {
  Array x = convolved("convolution 1", conv1_, images);
  x = convolved("convolution 2", conv2_, x);
  x = convolved("convolution 3", conv3_, x);
  lazulite::debug::Region region("linear layers");
  x = x.flatten(1);
  x = nn::relu(dropout_(hidden1_(x)));
  x = dropout_(hidden2_(x));
  x = dropout_(out_(x));
  return nn::log_softmax(x, -1);
}

Array Network::convolved(const char* name, const nn::Conv2d& conv, const Array& x) const {
  lazulite::debug::Region region(name);
  return pool_(nn::relu(conv(x)));
}

}  // namespace cnn
