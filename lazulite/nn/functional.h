#pragma once

#include <optional>
#include <string>

#include "lazulite/core/array.h"

// What layers are made of, as functions. Half precision is computed in float32 inside.
namespace lazulite::nn {

/// x * rsqrt(mean(x^2) + eps) over the last axis, times `weight` if that is an array (Zhang and
/// Sennrich 2019, "Root Mean Square Layer Normalization").
Array rms_norm(Array x, Array weight, double eps);

/// (x - mean) * rsqrt(variance + eps) over the last axis, times `weight`, plus `bias`, where these
/// are arrays (Ba et al. 2016, "Layer Normalization").
Array layer_norm(Array x, Array weight, Array bias, double eps);

struct RopeOptions {
  bool traditional = false;  ///< pairs of neighbours instead of halves
  std::optional<double> base = 10000;
  double scale = 1;  ///< of positions
};

/// Rotary position encoding (Su et al. 2021, "RoFormer") of the first `dims` features of x: (...,
/// positions, features); `offset` is added to the positions: one number, or one for each batch.
/// `frequencies` (dims / 2 wavelengths) stand for powers of the base.
Array rope(Array x, int dims, Array offset, Array frequencies, const RopeOptions& options);

/// softmax(queries @ keys^T * scale + mask) @ values over (batch, heads, positions, features);
/// there may be fewer heads of keys and values than of queries, each for as many of them
/// (grouped-query attention). `mask` is added, or says where to look if it is bool; `causal` looks
/// at no later position. `sinks`, one a head, take a share of the softmax and give nothing.
Array scaled_dot_product_attention(Array queries, Array keys, Array values, double scale,
                                   Array mask = Array(), bool causal = false,
                                   Array sinks = Array());

}  // namespace lazulite::nn
