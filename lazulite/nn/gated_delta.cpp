#include "lazulite/nn/gated_delta.h"

#include <fmt/format.h>

#include <vector>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/ops.h"

namespace lazulite::nn {
namespace {

void expect_shape(const char* what, const Array& array, const Shape& expected) {
  if (array.shape() == expected) return;
  throw ValueError(fmt::format("gated_delta_update: {} of shape {} where {} is expected", what,
                               to_string(array.shape()), to_string(expected)));
}

// Step t of (batch, steps, heads, ...), as (batch, heads, ...).
Array step_of(const Array& x, int64_t t) { return take(x, t, 1); }

}  // namespace

std::pair<Array, Array> gated_delta_update(Array queries, Array keys, Array values, Array decay,
                                           Array beta, Array state, Array mask) {
  const ReleaseOnReturn release(queries, keys, values, decay, beta);
  for (const Array* array : {&queries, &keys, &values}) {
    if (array->ndim() == 4) continue;
    throw ValueError(fmt::format(
        "gated_delta_update: queries, keys and values are (batch, steps, heads, features), not {}",
        to_string(array->shape())));
  }
  const int64_t batch = values.shape(0), steps = values.shape(1), heads = values.shape(2),
                key_heads = keys.shape(2), features = keys.shape(3);
  const Shape of_state{batch, heads, values.shape(3), features};
  expect_shape("queries", queries, keys.shape());
  expect_shape("keys", keys, {batch, steps, key_heads, features});
  expect_shape("decay", decay, {batch, steps, heads});
  expect_shape("beta", beta, {batch, steps, heads});
  if (state.valid()) expect_shape("a state", state, of_state);
  if (mask.valid()) expect_shape("a mask", mask, {batch, steps});
  if (steps == 0) throw ValueError("gated_delta_update: there are no steps");
  if (key_heads == 0 || heads % key_heads != 0) {
    throw ValueError(
        fmt::format("gated_delta_update: {} heads of values cannot be divided among {} of keys",
                    heads, key_heads));
  }
  Dtype out = result_type(result_type(queries.dtype(), keys.dtype()), values.dtype());
  if (!is_inexact(out)) out = Dtype::float32;
  const Dtype dtype =
      result_type(result_type(out, Dtype::float32), result_type(decay.dtype(), beta.dtype()));
  for (Array* array : {&queries, &keys, &values, &decay, &beta}) *array = astype(*array, dtype);
  for (Array* array : {&queries, &keys}) *array = repeat(*array, heads / key_heads, 2);
  state = state.valid() ? astype(state, dtype) : zeros(of_state, dtype);
  std::vector<Array> outputs;
  for (int64_t t = 0; t < steps; ++t) {
    const Array k = expand_dims(step_of(keys, t), {-2}), q = expand_dims(step_of(queries, t), {-2});
    Array next = state * expand_dims(step_of(decay, t), {-1, -2});
    const Array error =
        (step_of(values, t) - sum(next * k, -1)) * expand_dims(step_of(beta, t), {-1});
    next = next + k * expand_dims(error, {-1});
    Array y = sum(next * q, -1);
    if (mask.valid()) {
      const Array counts = not_equal(expand_dims(step_of(mask, t), {-1, -2, -3}), 0);
      next = where(counts, next, state);
      y = where(squeeze(counts, {-1}), y, zeros_like(y));
    }
    state = std::move(next);
    outputs.push_back(std::move(y));
  }
  return {astype(stack(std::move(outputs), 1), out), state};
}

}  // namespace lazulite::nn
