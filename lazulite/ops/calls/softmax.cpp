// The compositions of softmax, log_softmax and logsumexp, along the last axis.
#include "lazulite/ops/calls.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/reduction.h"

namespace lazulite {
namespace {

// Half precision computes in float32, as the fast kernels do.
Array widened(const Array& x) { return is_half(x.dtype()) ? astype(x, Dtype::float32) : x; }

// The number taken off before exponentials, so that they do not overflow: the largest element, or
// zero where that is infinite, as infinity less infinity is no number.
Array offset_of(const Array& x) {
  Array largest = max(x, -1, true);
  return stop_gradient(where(isinf(largest), zeros_like(largest), largest));
}

}  // namespace

std::vector<Array> compose_softmax(const Call&, std::span<const Array> inputs) {
  Array x = widened(inputs[0]);
  Array powers = exp(x - stop_gradient(max(x, -1, true)));
  return {astype(powers / sum(powers, -1, true), inputs[0].dtype())};
}

std::vector<Array> compose_log_softmax(const Call&, std::span<const Array> inputs) {
  Array x = widened(inputs[0]);
  Array shifted = x - stop_gradient(max(x, -1, true));
  return {astype(shifted - log(sum(exp(shifted), -1, true)), inputs[0].dtype())};
}

std::vector<Array> compose_logsumexp(const Call&, std::span<const Array> inputs) {
  Array x = widened(inputs[0]);
  Array offset = offset_of(x);
  Array out = log(sum(exp(x - offset), -1, true)) + offset;
  return {astype(squeeze(out, -1), inputs[0].dtype())};
}

}  // namespace lazulite
