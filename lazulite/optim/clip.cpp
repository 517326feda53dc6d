#include <cmath>

#include "lazulite/nn/options.h"
#include "lazulite/ops/ops.h"
#include "lazulite/optim/optimizer.h"

namespace lazulite::optim {
namespace {

bool is_complex(const Array& x) { return kind_of(x.dtype()) == DtypeKind::complex; }

void check_gradient(const std::string& name, const Array& gradient) {
  if (!gradient.valid()) {
    throw Error(fmt::format("clip_grad_norm: an empty handle was given for '{}'", name));
  }
  if (!is_inexact(gradient.dtype())) {
    throw Error(
        fmt::format("clip_grad_norm: the gradient of '{}' has dtype {}, which is not one "
                    "of derivatives",
                    name, name_of(gradient.dtype())));
  }
}

}  // namespace

std::pair<nn::NamedArrays, Array> clip_grad_norm(const nn::NamedArrays& gradients,
                                                 double max_norm) {
  check_option(max_norm >= 0, "clip_grad_norm", "max_norm", max_norm, "at least 0");
  Dtype wide = Dtype::float32;
  for (const auto& [name, gradient] : gradients) {
    check_gradient(name, gradient);
    if (gradient.dtype() == Dtype::float64) wide = Dtype::float64;
  }
  auto size_of = [&](const Array& g) { return astype(is_complex(g) ? abs(g) : g, wide); };

  // The squares are those of shares of the largest element.
  Array largest = zeros({}, wide);
  for (const auto& [name, gradient] : gradients) {
    if (gradient.size() > 0) largest = maximum(largest, max(abs(size_of(gradient))));
  }
  Array usable = logical_and(largest > 0, logical_not(isinf(largest)));
  Array unit = where(usable, largest, ones_like(largest));
  Array squares = zeros({}, wide);
  for (const auto& [name, gradient] : gradients) {
    squares = squares + sum(square(size_of(gradient) / unit));
  }
  Array root = sqrt(squares);
  Array norm = root * unit;

  Array fits = norm <= max_norm;
  Array share = max_norm / root;
  nn::NamedArrays clipped;
  for (const auto& [name, gradient] : gradients) {
    Array same = is_complex(gradient) ? gradient : astype(gradient, wide);
    Array scaled = where(fits, same, same / unit * share);
    clipped.emplace_back(name, astype(scaled, gradient.dtype()));
  }
  return {clipped, norm};
}

}  // namespace lazulite::optim
