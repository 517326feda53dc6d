#include "lazulite/nn/linear.h"

#include "lazulite/core/release.h"
#include "lazulite/nn/init.h"
#include "lazulite/nn/options.h"
#include "lazulite/ops/ops.h"

namespace lazulite::nn {

Linear::Linear(int64_t inputs, int64_t outputs, bool with_bias) {
  check_at_least(1, "Linear", "the number of inputs", inputs);
  check_at_least(1, "Linear", "the number of outputs", outputs);
  Shape shape{outputs, inputs};
  parameter("weight", weight, init::fan_in_uniform(shape, shape));
  if (with_bias) parameter("bias", bias, init::fan_in_uniform({outputs}, shape));
}

Array Linear::operator()(Array x) const {
  const OperationScope scope("Linear");
  expect_array("Linear", x);
  const ReleaseOnReturn release(x);
  Array product = matmul(x, weight.get().T());
  return bias.has_value() ? product + bias.get() : product;
}

}  // namespace lazulite::nn
