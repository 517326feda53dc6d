#include "lazulite/nn/functional.h"

#include <fmt/format.h>

#include <cmath>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/calls/attention.h"
#include "lazulite/ops/ops.h"
#include "lazulite/ops/shape_notes.h"

namespace lazulite::nn {
namespace {

// Halves are widened for what sums over many of them.
Array widened(Array x) { return is_half(x.dtype()) ? astype(std::move(x), Dtype::float32) : x; }

Dtype common_dtype(Dtype dtype, std::initializer_list<const Array*> others) {
  for (const Array* array : others) {
    if (array->valid()) dtype = result_type(dtype, array->dtype());
  }
  return dtype;
}

void expect_features(const Array& parameter, const Array& x, const char* operation,
                     const char* what) {
  if (!parameter.valid()) return;
  if (x.ndim() == 0 || parameter.ndim() != 1 || parameter.shape(0) != x.shape(-1)) {
    throw ValueError(
        fmt::format("{}: {} must be one-dimensional with a number for each of the "
                    "last axis of x of shape {}, not of shape {}",
                    operation, what, to_string(x.shape()), to_string(parameter.shape())));
  }
}

}  // namespace

Array rms_norm(Array x, Array weight, double eps) {
  const ReleaseOnReturn release(x);
  expect_features(weight, x, "rms_norm", "weight");
  Dtype dtype = common_dtype(x.dtype(), {&weight});
  Array wide = widened(x);
  Array out = wide * rsqrt(mean(square(wide), {-1}, true) + eps);
  if (weight.valid()) out = out * widened(weight);
  return astype(out, dtype);
}

Array layer_norm(Array x, Array weight, Array bias, double eps) {
  const ReleaseOnReturn release(x);
  expect_features(weight, x, "layer_norm", "weight");
  expect_features(bias, x, "layer_norm", "bias");
  Dtype dtype = common_dtype(x.dtype(), {&weight, &bias});
  Array wide = widened(x);
  Array centred = wide - mean(wide, {-1}, true);
  Array out = centred * rsqrt(mean(square(centred), {-1}, true) + eps);
  if (weight.valid()) out = out * widened(weight);
  if (bias.valid()) out = out + widened(bias);
  return astype(out, dtype);
}

namespace {

// Angles of positions and features: (positions, dims / 2), or (batch, 1, ...) before that.
Array rope_angles(const Array& x, int dims, const Array& offset, const Array& frequencies,
                  const RopeOptions& options) {
  Array positions = arange(x.shape(-2), Dtype::float32);
  if (offset.valid()) {
    if (offset.ndim() > 1 || (offset.ndim() == 1 && offset.shape(0) != 1 &&
                              (x.ndim() < 3 || offset.shape(0) != x.shape(0)))) {
      throw ValueError(
          fmt::format("rope: offset is one number, or one for each of the {} batches, "
                      "not an array of shape {}",
                      x.shape(0), to_string(offset.shape())));
    }
    Array start = astype(offset, Dtype::float32);
    if (start.ndim() == 1 && start.shape(0) > 1) {
      Shape ahead(x.ndim() - 1, 1);
      ahead[0] = start.shape(0);
      start = reshape(start, ahead);
    }
    positions = positions + start;
  }
  positions = positions * options.scale;
  auto places = [&] {
    const WrittenShapes written;  // no size of x, though one may be the same by chance
    return arange(dims / 2, Dtype::float32);
  };
  Array inverse = frequencies.valid()
                      ? reciprocal(astype(frequencies, Dtype::float32))
                      : exp(places() * (-std::log(options.base.value_or(10000)) / (dims / 2)));
  return expand_dims(positions, {-1}) * inverse;
}

Array features(const Array& x, int64_t from, int64_t to, int64_t step = 1) {
  return x[{ellipsis, Slice{from, to, step}}];
}

}  // namespace

Array rope(Array x, int dims, Array offset, Array frequencies, const RopeOptions& options) {
  const ReleaseOnReturn release(x);
  if (x.ndim() < 2 || dims < 2 || dims % 2 || dims > x.shape(-1)) {
    throw ValueError(
        fmt::format("rope: an even number of the features of x (..., positions, "
                    "features) is needed, not {} of shape {}",
                    dims, to_string(x.shape())));
  }
  if (frequencies.valid() && options.base && frequencies.size() != dims / 2) {
    throw ValueError(
        fmt::format("rope: {} frequencies were given for {} features", frequencies.size(), dims));
  }
  Array angles = rope_angles(x, dims, offset, frequencies, options);
  Array c = cos(angles), s = sin(angles);
  Array wide = widened(x);
  bool pairs = options.traditional;
  Array first = pairs ? features(wide, 0, dims, 2) : features(wide, 0, dims / 2);
  Array second = pairs ? features(wide, 1, dims, 2) : features(wide, dims / 2, dims);
  Array left = first * c - second * s, right = first * s + second * c;
  Array turned;
  if (pairs) {
    turned = flatten(stack(std::vector<Array>{left, right}, -1), -2, -1);
  } else {
    turned = concatenate(std::vector<Array>{left, right}, -1);
  }
  turned = astype(turned, x.dtype());
  if (dims == x.shape(-1)) return turned;
  return concatenate(std::vector<Array>{turned, features(x, dims, x.shape(-1))}, -1);
}

Array scaled_dot_product_attention(Array queries, Array keys, Array values, double scale,
                                   Array mask, bool causal, Array sinks) {
  const ReleaseOnReturn release(queries, keys, values);
  for (const Array* array : {&queries, &keys, &values}) {
    if (array->ndim() != 4) {
      throw ValueError(
          fmt::format("scaled_dot_product_attention: arrays of (batch, heads, "
                      "positions, features) are needed, not of shape {}",
                      to_string(array->shape())));
    }
  }
  int64_t batch = queries.shape(0), heads = queries.shape(1), groups = keys.shape(1);
  if (groups == 0 || heads % groups || values.shape(1) != groups ||
      keys.shape(-1) != queries.shape(-1) || keys.shape(-2) != values.shape(-2)) {
    throw ValueError(fmt::format(
        "scaled_dot_product_attention: queries of shape {}, keys of shape "
        "{} and values of shape {} do not go together",
        to_string(queries.shape()), to_string(keys.shape()), to_string(values.shape())));
  }
  if (mask.valid()) {
    mask = broadcast_to(mask, {batch, heads, queries.shape(2), keys.shape(2)});
  }
  return attention(queries, keys, values, scale, mask, causal, sinks);
}

}  // namespace lazulite::nn
