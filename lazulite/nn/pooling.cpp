#include "lazulite/nn/pooling.h"

#include "lazulite/nn/options.h"
#include "lazulite/ops/ops.h"

namespace lazulite::nn {
namespace {

Size2 checked(const char* operation, Size2 window, const Pool2dOptions& options) {
  const Size2 stride = options.stride.value_or(window);
  for (size_t axis : {0, 1}) {
    check_at_least(1, operation, "the window's size", window[axis]);
    check_at_least(1, operation, "stride", stride[axis]);
    check_at_least(0, operation, "padding", options.padding[axis]);
    check_option(options.padding[axis] < window[axis], operation, "padding", options.padding[axis],
                 "less than the window, which would hold nothing else");
  }
  return window;
}

}  // namespace

MaxPool2d::MaxPool2d(Size2 window, Pool2dOptions options)
    : window_(checked("MaxPool2d", window, options)), options_(options) {}
Array MaxPool2d::operator()(Array x) const {
  const OperationScope scope("MaxPool2d");
  expect_array("MaxPool2d", x);
  return max_pool2d(std::move(x), window_, options_.stride.value_or(window_), options_.padding);
}

AvgPool2d::AvgPool2d(Size2 window, Pool2dOptions options)
    : window_(checked("AvgPool2d", window, options)), options_(options) {}
Array AvgPool2d::operator()(Array x) const {
  const OperationScope scope("AvgPool2d");
  expect_array("AvgPool2d", x);
  return avg_pool2d(std::move(x), window_, options_.stride.value_or(window_), options_.padding);
}

}  // namespace lazulite::nn
