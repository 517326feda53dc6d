#include "lazulite/nn/activations.h"

#include "lazulite/core/release.h"

namespace lazulite::nn {

namespace {

// x where it is not positive, for a branch that is not taken elsewhere: exponentials of large
// numbers would make that branch's derivative infinite, and an infinity times 0 is no number.
Array not_positive(const Array& x) { return where(x > 0, 0, x); }

}  // namespace

Array relu6(Array x) {
  const ReleaseOnReturn release(x);
  return minimum(relu(x), 6);
}
Array leaky_relu(Array x, double negative_slope) {
  const ReleaseOnReturn release(x);
  // The larger of both lines, and at 0 the derivative of x. A flat line stays flat at infinity.
  Array line = negative_slope == 0 ? zeros_like(x) : x * negative_slope;
  return where(negative_slope <= 1 ? x < 0 : x > 0, line, x);
}
Array elu(Array x, double alpha) {
  const ReleaseOnReturn release(x);
  return where(x > 0, x, expm1(not_positive(x)) * alpha);
}
Array selu(Array x) {
  const ReleaseOnReturn release(x);
  return elu(x, 1.67326) * 1.0507;
}
Array celu(Array x, double alpha) {
  const ReleaseOnReturn release(x);
  return where(x > 0, x, expm1(not_positive(x) / alpha) * alpha);
}
Array gelu(Array x) {
  const OperationScope scope("gelu");
  expect_array("gelu", x);
  return activation_gelu(std::move(x));
}
Array gelu_approx(Array x) {
  const OperationScope scope("gelu_approx");
  expect_array("gelu_approx", x);
  return activation_gelu_approx(std::move(x));
}
Array silu(Array x) {
  const OperationScope scope("silu");
  expect_array("silu", x);
  return activation_silu(std::move(x));
}
Array mish(Array x) {
  const OperationScope scope("mish");
  expect_array("mish", x);
  return activation_mish(std::move(x));
}
Array softplus(Array x) {
  const ReleaseOnReturn release(x);
  return logaddexp(x, 0);
}
Array softsign(Array x) {
  const OperationScope scope("softsign");
  expect_array("softsign", x);
  return activation_softsign(std::move(x));
}
Array hardswish(Array x) {
  const OperationScope scope("hardswish");
  expect_array("hardswish", x);
  return activation_hardswish(std::move(x));
}
Array log_sigmoid(Array x) {
  const ReleaseOnReturn release(x);
  return -softplus(-x);
}

}  // namespace lazulite::nn
