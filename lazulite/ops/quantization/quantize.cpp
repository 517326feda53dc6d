#include <fmt/format.h>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/bounds.h"
#include "lazulite/ops/fp8.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/quantization.h"
#include "lazulite/ops/quantization/format.h"
#include "lazulite/ops/reduction.h"

namespace lazulite {
namespace {

constexpr int smallest_exponent = -127;
// Codes of 8 bits that are no number, as elements and as scales that count in 4 bits of exponent.
constexpr int fp8_nan = 127;
// Scales of powers of two have none, but this one is infinite, and times 0 that is no number.
constexpr int infinite_power = 255;

Array codes_of_rows(const Array& groups) { return flatten(astype(groups, Dtype::uint32), -2); }

// The end of a group's range that is farther from zero is hit by a code exactly, and so is zero
// itself where the range holds it. Everything is computed in float32, with the scale before it is
// rounded to the dtype.
Quantized quantize_affine(const Array& groups, int bits, Dtype dtype) {
  const double largest = (1 << bits) - 1;
  Array high = max(groups, -1, true), low = min(groups, -1, true), scale, bias;
  if (bits == 1) {
    scale = maximum(high - low, 1e-7);
    bias = low;
  } else {
    Array from_low = abs(low) > abs(high);
    Array step = maximum((high - low) / largest, 1e-7);
    step = where(from_low, step, -step);
    Array end = where(from_low, low, high);
    Array code = round(end / step);
    Array off_zero = not_equal(code, 0);
    scale = where(off_zero, end / where(off_zero, code, 1.0), step);
    bias = where(off_zero, end, 0.0);
  }
  Array codes = clip(round((groups - bias) / scale), 0.0, largest);
  return {pack_codes(codes_of_rows(codes), bits), astype(squeeze(scale, {-1}), dtype),
          astype(squeeze(bias, {-1}), dtype)};
}

// 2^code, of codes that count from the smallest exponent of float32.
Array power_of_two(const Array& code) {
  return power(Array(2.0), astype(code, Dtype::float32) + smallest_exponent);
}

// Scales of powers of two, so that the largest number is at most `top`. NaN has a code of 8 bits;
// with 4, all of its group becomes NaN.
Quantized quantize_to_powers(const Array& groups, double top, int bits) {
  const Array none = isnan(groups);
  Array largest = max(abs(bits == 8 ? where(none, 0, groups) : groups), -1, true);
  Array exponent = ceil(log2(largest / top)) - smallest_exponent;
  exponent = where(equal(largest, 0), double{-smallest_exponent}, clip(exponent, 0.0, 254.0));
  Array scales = astype(where(isnan(largest), infinite_power, exponent), Dtype::uint8);
  Array numbers = groups / power_of_two(scales);
  Array codes =
      bits == 8 ? where(none, Array(fp8_nan, Dtype::uint32), astype(to_fp8(numbers), Dtype::uint32))
                : to_fp4(numbers);
  return {pack_codes(codes_of_rows(codes), bits), squeeze(scales, {-1}), {}};
}

Quantized quantize_to_fp8_scales(const Array& groups) {
  const Array largest = max(abs(groups), -1, true);
  const Array scales = where(isnan(largest), Array(fp8_nan, Dtype::uint8), to_fp8(largest / 6));
  Array scale = from_fp8(scales, Dtype::float32);
  Array none = equal(scale, 0);
  Array numbers = where(none, 0.0, groups / where(none, 1.0, scale));
  return {pack_codes(codes_of_rows(to_fp4(numbers)), 4), squeeze(scales, {-1}), {}};
}

Array times_scales(const Array& numbers, const Array& scales, int group_size) {
  Array groups = unflatten(numbers, -1, {numbers.shape().back() / group_size, group_size});
  return flatten(groups * expand_dims(scales, {-1}), -2);
}

}  // namespace

Quantized quantize(Array w, const QuantizationOptions& options) {
  const ReleaseOnReturn release(w);
  const QuantizationFormat format = format_of("quantize", options);
  if (!is_floating(w.dtype()) || w.ndim() < 2 || w.shape().back() % format.group_size != 0) {
    throw ValueError(
        fmt::format("quantize: floating numbers with at least two axes are needed, the last of "
                    "them a multiple of {}, not {}{}",
                    format.group_size, name_of(w.dtype()), to_string(w.shape())));
  }
  const int64_t size = format.group_size;
  Array groups = unflatten(astype(w, Dtype::float32), -1, {w.shape().back() / size, size});
  switch (format.mode) {
    case QuantizationMode::affine: return quantize_affine(groups, format.bits, w.dtype());
    case QuantizationMode::mxfp4: return quantize_to_powers(groups, 6, 4);
    case QuantizationMode::mxfp8: return quantize_to_powers(groups, 448, 8);
    case QuantizationMode::nvfp4: return quantize_to_fp8_scales(groups);
  }
  __builtin_unreachable();
}

Array dequantize(Array w, Array scales, Array biases, const QuantizationOptions& options,
                 std::optional<Dtype> dtype) {
  const ReleaseOnReturn release(w, scales);
  const QuantizationFormat format = format_of("dequantize", options);
  check_codes("dequantize", w, scales, biases, format);
  if (dtype && !is_floating(*dtype)) {
    throw ValueError(
        fmt::format("dequantize: the result is of a floating dtype, not {}", name_of(*dtype)));
  }
  Array codes = unpack_codes(w, format.bits), numbers;
  if (format.affine()) {
    const Dtype computed = result_type(scales.dtype(), biases.dtype());
    const int64_t size = format.group_size;
    Array groups = unflatten(astype(codes, computed), -1, {codes.shape().back() / size, size});
    numbers = flatten(groups * expand_dims(scales, {-1}) + expand_dims(biases, {-1}), -2);
    biases = {};
    return dtype ? astype(numbers, *dtype) : numbers;
  }
  numbers =
      format.bits == 8 ? from_fp8(astype(codes, Dtype::uint8), Dtype::float32) : from_fp4(codes);
  Array factors = format.mode == QuantizationMode::nvfp4 ? from_fp8(scales, Dtype::float32)
                                                         : power_of_two(scales);
  return astype(times_scales(numbers, factors, format.group_size), dtype.value_or(Dtype::bfloat16));
}

}  // namespace lazulite
