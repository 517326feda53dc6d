#include "lazulite/ops/quantization/format.h"

#include <fmt/format.h>

#include "lazulite/core/errors.h"

namespace lazulite {
namespace {

bool is_affine_size(int size) { return size == 32 || size == 64 || size == 128; }
bool is_affine_width(int bits) { return bits >= 1 && bits <= 8 && bits != 7; }

void expect_only(const char* operation, const char* mode, const char* what,
                 const std::optional<int>& given, int only) {
  if (!given || *given == only) return;
  throw ValueError(
      fmt::format("{}: {} has {} {} only, not {}", operation, mode, what, only, *given));
}

std::string described(const Array& x) {
  return fmt::format("{}{}", name_of(x.dtype()), to_string(x.shape()));
}

}  // namespace

bool QuantizationFormat::belong_together(const Shape& codes, const Shape& factors) const {
  if (factors.size() != codes.size()) return false;
  for (size_t i = 0; i + 1 < codes.size(); ++i) {
    if (factors[i] != codes[i]) return false;
  }
  return multiply_sizes(codes.back(), 32, "quantization") ==
         multiply_sizes(factors.back(), int64_t{group_size} * bits, "quantization");
}

const char* name_of(QuantizationMode mode) {
  switch (mode) {
    case QuantizationMode::affine: return "affine";
    case QuantizationMode::mxfp4: return "mxfp4";
    case QuantizationMode::mxfp8: return "mxfp8";
    case QuantizationMode::nvfp4: return "nvfp4";
  }
  __builtin_unreachable();
}

QuantizationFormat format_of(const char* operation, const QuantizationOptions& options) {
  const QuantizationMode mode = options.mode;
  if (mode == QuantizationMode::affine) {
    const int size = options.group_size.value_or(64), bits = options.bits.value_or(4);
    if (!is_affine_size(size)) {
      throw ValueError(
          fmt::format("{}: groups have 32, 64 or 128 elements, not {}", operation, size));
    }
    if (!is_affine_width(bits)) {
      throw ValueError(
          fmt::format("{}: codes have 1, 2, 3, 4, 5, 6 or 8 bits, not {}", operation, bits));
    }
    return {mode, size, bits};
  }
  const int size = mode == QuantizationMode::nvfp4 ? 16 : 32;
  const int bits = mode == QuantizationMode::mxfp8 ? 8 : 4;
  expect_only(operation, name_of(mode), "groups of size", options.group_size, size);
  expect_only(operation, name_of(mode), "bits", options.bits, bits);
  return {mode, size, bits};
}

void check_codes(const char* operation, const Array& w, const Array& scales, const Array& biases,
                 const QuantizationFormat& format) {
  if (w.dtype() != Dtype::uint32 || w.ndim() < 2) {
    throw ValueError(fmt::format("{}: codes are uint32 with at least two axes, not {}", operation,
                                 described(w)));
  }
  if (format.affine() != biases.valid()) {
    throw ValueError(fmt::format("{}: {} codes have {}", operation, name_of(format.mode),
                                 format.affine() ? "biases, and none are given" : "no biases"));
  }
  bool typed = format.affine() ? is_floating(scales.dtype()) && is_floating(biases.dtype())
                               : scales.dtype() == Dtype::uint8;
  if (!typed) {
    throw ValueError(fmt::format(
        "{}: the scales of {} codes{} not {}", operation, name_of(format.mode),
        format.affine() ? " and their biases are of floating dtypes," : " are uint8,",
        format.affine() ? described(scales) + " and " + described(biases) : described(scales)));
  }
  if (!format.belong_together(w.shape(), scales.shape()) ||
      (biases.valid() && !format.belong_together(w.shape(), biases.shape()))) {
    throw ValueError(fmt::format(
        "{}: scales{} of shape {} do not belong to codes of shape {} in groups of {} with {} bits",
        operation, biases.valid() ? " and biases" : "", to_string(scales.shape()),
        to_string(w.shape()), format.group_size, format.bits));
  }
}

}  // namespace lazulite
