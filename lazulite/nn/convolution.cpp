#include "lazulite/nn/convolution.h"

#include "lazulite/core/release.h"
#include "lazulite/nn/init.h"
#include "lazulite/nn/options.h"
#include "lazulite/ops/ops.h"

namespace lazulite::nn {
namespace {

void check(int64_t inputs, int64_t outputs, Size2 kernel, const Conv2dOptions& options) {
  check_at_least(1, "Conv2d", "the number of inputs", inputs);
  check_at_least(1, "Conv2d", "the number of outputs", outputs);
  check_at_least(1, "Conv2d", "groups", options.groups);
  for (size_t axis : {0, 1}) {
    check_at_least(1, "Conv2d", "the kernel's size", kernel[axis]);
    check_at_least(1, "Conv2d", "stride", options.stride[axis]);
    check_at_least(1, "Conv2d", "dilation", options.dilation[axis]);
    check_at_least(0, "Conv2d", "padding", options.padding[axis]);
  }
  if (inputs % options.groups != 0 || outputs % options.groups != 0) {
    throw ValueError(fmt::format("Conv2d: {} inputs and {} outputs are not divisible by {} groups",
                                 inputs, outputs, options.groups));
  }
}

}  // namespace

Conv2d::Conv2d(int64_t inputs, int64_t outputs, Size2 kernel, Conv2dOptions options)
    : options_(options) {
  check(inputs, outputs, kernel, options);
  Shape shape{outputs, kernel[0], kernel[1], inputs / options.groups};
  parameter("weight", weight, init::fan_in_uniform(shape, shape));
  if (options.bias) parameter("bias", bias, zeros({outputs}));
}

Array Conv2d::operator()(Array x) const {
  const OperationScope scope("Conv2d");
  expect_array("Conv2d", x);
  const ReleaseOnReturn release(x);
  Array product =
      conv2d(x, weight, options_.stride, options_.padding, options_.dilation, options_.groups);
  return bias.has_value() ? product + bias.get() : product;
}

}  // namespace lazulite::nn
