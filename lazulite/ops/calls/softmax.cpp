// The compositions of softmax, log_softmax and logsumexp, along the last axis.
#include "lazulite/ops/calls.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/primitives/definition.h"
#include "lazulite/ops/reduction.h"

namespace lazulite {

using namespace definition;

namespace {

// Half precision computes in float32, as the fast kernels do.
Array widened(const Array& x) { return is_half(x.dtype()) ? astype(x, Dtype::float32) : x; }

// The number taken off before exponentials, so that they do not overflow: the largest element, or
// zero where that is infinite, as infinity less infinity is no number.
Array offset_of(const Array& x) {
  Array largest = max(x, -1, true);
  return stop_gradient(where(isinf(largest), zeros_like(largest), largest));
}

void check_rows(const char* operation, InputTypes inputs) {
  expect_inputs(operation, inputs, 1);
  if (!inputs[0].shape.empty() && is_inexact(inputs[0].dtype)) return;
  throw Error(fmt::format("{}: rows of floating or complex numbers are needed, not {}{}", operation,
                          name_of(inputs[0].dtype), to_string(inputs[0].shape)));
}

}  // namespace

ArrayTypes infer_softmax(const Call& call, InputTypes inputs) {
  check_rows(call.label(), inputs);
  return {{inputs[0].shape, inputs[0].dtype}};
}
ArrayTypes infer_log_softmax(const Call& call, InputTypes inputs) {
  return infer_softmax(call, inputs);
}
ArrayTypes infer_logsumexp(const Call& call, InputTypes inputs) {
  check_rows(call.label(), inputs);
  const Shape& shape = inputs[0].shape;
  return {{Shape(shape.begin(), shape.end() - 1), inputs[0].dtype}};
}

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
