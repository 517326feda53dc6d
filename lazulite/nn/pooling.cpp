#include "lazulite/nn/pooling.h"

#include "lazulite/ops/ops.h"

namespace lazulite::nn {

MaxPool2d::MaxPool2d(Size2 window, Pool2dOptions options) : window_(window), options_(options) {}
Array MaxPool2d::operator()(Array x) const {
  return max_pool2d(std::move(x), window_, options_.stride.value_or(window_), options_.padding);
}

AvgPool2d::AvgPool2d(Size2 window, Pool2dOptions options) : window_(window), options_(options) {}
Array AvgPool2d::operator()(Array x) const {
  return avg_pool2d(std::move(x), window_, options_.stride.value_or(window_), options_.padding);
}

}  // namespace lazulite::nn
