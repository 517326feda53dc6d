#pragma once

#include <optional>

#include "lazulite/core/array.h"

namespace lazulite {

/// How numbers become codes of few bits. affine: code * scale + bias, with a scale and a bias for
/// each group, of the dtype of the numbers. The others are floating numbers of 4 bits (sign, 2 bits
/// of exponent, 1 of mantissa) or 8 (as to_fp8's), times a scale of 8 bits: a power of two (mxfp4,
/// mxfp8) or a number as to_fp8's (nvfp4).
enum class QuantizationMode { affine, mxfp4, mxfp8, nvfp4 };

/// affine takes groups of 32, 64 and 128 numbers and 1 to 6 or 8 bits, by default 64 and 4; the
/// other modes have one of each (mxfp4: 32 and 4; mxfp8: 32 and 8; nvfp4: 16 and 4).
struct QuantizationOptions {
  QuantizationMode mode = QuantizationMode::affine;
  std::optional<int> group_size = std::nullopt;
  std::optional<int> bits = std::nullopt;
};

/// Codes, packed into uint32 from the lowest bits upwards, so that a row of n numbers takes
/// n * bits / 32 of them; and a scale and a bias for each group. Only affine codes have biases.
struct Quantized {
  Array weight, scales, biases;
};

/// The last axis of at least two in groups, each with a scale of its own. NaN stays NaN: by itself
/// in mxfp8, in other modes with all of its group.
Quantized quantize(Array w, const QuantizationOptions& options = {});

/// The numbers that codes stand for: of `dtype`, or of the scales' (bfloat16, where scales have 8
/// bits).
Array dequantize(Array w, Array scales, Array biases = {}, const QuantizationOptions& options = {},
                 std::optional<Dtype> dtype = std::nullopt);

/// x @ w^T, or x @ w, where `w` is a matrix of codes. Of floating dtypes; the derivative flows to
/// `x`, to the scales and to the biases.
Array quantized_matmul(Array x, Array w, Array scales, Array biases = {}, bool transpose = true,
                       const QuantizationOptions& options = {});

/// Products of matrices that indices name among all matrices of `x` and of `w`, counted along their
/// flattened leading axes: by default each of them, in order. Indices are broadcast.
Array gather_qmm(Array x, Array w, Array scales, Array biases = {}, Array lhs_indices = {},
                 Array rhs_indices = {}, bool transpose = true,
                 const QuantizationOptions& options = {});

}  // namespace lazulite
