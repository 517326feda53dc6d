#include "lazulite/nn/convolution.h"

#include "lazulite/core/release.h"
#include "lazulite/nn/init.h"
#include "lazulite/ops/ops.h"

namespace lazulite::nn {

Conv2d::Conv2d(int64_t inputs, int64_t outputs, Size2 kernel, Conv2dOptions options)
    : options_(options) {
  Shape shape{outputs, kernel[0], kernel[1], inputs / options.groups};
  parameter("weight", weight, init::fan_in_uniform(shape, shape));
  if (options.bias) parameter("bias", bias, zeros({outputs}));
}

Array Conv2d::operator()(Array x) const {
  const ReleaseOnReturn release(x);
  Array product =
      conv2d(x, weight, options_.stride, options_.padding, options_.dilation, options_.groups);
  return bias.has_value() ? product + bias.get() : product;
}

}  // namespace lazulite::nn
