#include "lazulite/nn/activations.h"

#include <numbers>

namespace lazulite::nn {

Array relu6(const Array& x) { return minimum(relu(x), 6); }
Array leaky_relu(const Array& x, double negative_slope) { return maximum(x, x * negative_slope); }
Array elu(const Array& x, double alpha) { return where(x > 0, x, expm1(x) * alpha); }
Array selu(const Array& x) { return elu(x, 1.67326) * 1.0507; }
Array celu(const Array& x, double alpha) { return relu(x) + expm1(minimum(x, 0) / alpha) * alpha; }
Array gelu(const Array& x) { return x * (erf(x / std::numbers::sqrt2) + 1) / 2; }
Array gelu_approx(const Array& x) {
  // sqrt(2 / pi)
  constexpr double scale = 0.7978845608028654;
  return x * 0.5 * (tanh((x + x * x * x * 0.044715) * scale) + 1);
}
Array silu(const Array& x) { return x * sigmoid(x); }
Array mish(const Array& x) { return x * tanh(softplus(x)); }
Array softplus(const Array& x) { return logaddexp(x, 0); }
Array softsign(const Array& x) { return x / (abs(x) + 1); }
Array hardswish(const Array& x) { return x * (minimum(maximum(x + 3, 0), 6) / 6); }
Array log_sigmoid(const Array& x) { return -softplus(-x); }

}  // namespace lazulite::nn
