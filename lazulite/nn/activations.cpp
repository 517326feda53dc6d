#include "lazulite/nn/activations.h"

#include <numbers>

#include "lazulite/core/release.h"

namespace lazulite::nn {

Array relu6(Array x) { return minimum(relu(std::move(x)), 6); }
Array leaky_relu(Array x, double negative_slope) {
  const ReleaseOnReturn release(x);
  return maximum(x, x * negative_slope);
}
Array elu(Array x, double alpha) {
  const ReleaseOnReturn release(x);
  return where(x > 0, x, expm1(x) * alpha);
}
Array selu(Array x) { return elu(std::move(x), 1.67326) * 1.0507; }
Array celu(Array x, double alpha) {
  const ReleaseOnReturn release(x);
  return relu(x) + expm1(minimum(x, 0) / alpha) * alpha;
}
Array gelu(Array x) {
  const ReleaseOnReturn release(x);
  return x * (erf(x / std::numbers::sqrt2) + 1) / 2;
}
Array gelu_approx(Array x) {
  const ReleaseOnReturn release(x);
  // sqrt(2 / pi)
  constexpr double scale = 0.7978845608028654;
  return x * 0.5 * (tanh((x + x * x * x * 0.044715) * scale) + 1);
}
Array silu(Array x) {
  const ReleaseOnReturn release(x);
  return x * sigmoid(x);
}
Array mish(Array x) {
  const ReleaseOnReturn release(x);
  return x * tanh(softplus(x));
}
Array softplus(Array x) { return logaddexp(std::move(x), 0); }
Array softsign(Array x) {
  const ReleaseOnReturn release(x);
  return x / (abs(x) + 1);
}
Array hardswish(Array x) {
  const ReleaseOnReturn release(x);
  return x * (minimum(maximum(x + 3, 0), 6) / 6);
}
Array log_sigmoid(Array x) { return -softplus(-std::move(x)); }

}  // namespace lazulite::nn
