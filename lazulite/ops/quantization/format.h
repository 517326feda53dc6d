#pragma once

#include "lazulite/ops/quantization.h"

// What the modes of quantization are made of. Internal.
namespace lazulite {

/// A mode with its sizes, checked.
struct QuantizationFormat {
  QuantizationMode mode;
  int group_size, bits;
  bool affine() const { return mode == QuantizationMode::affine; }
  /// Whether scales or biases of the second shape are one number for each group of a row of codes.
  bool belong_together(const Shape& codes, const Shape& factors) const;
};

const char* name_of(QuantizationMode mode);

/// Throws where the mode has no such sizes.
QuantizationFormat format_of(const char* operation, const QuantizationOptions& options);

/// Throws where codes, scales and biases do not belong together.
void check_codes(const char* operation, const Array& w, const Array& scales, const Array& biases,
                 const QuantizationFormat& format);

/// Codes (uint32, the last axis a multiple of 32) in the words that hold them, and back.
Array pack_codes(const Array& codes, int bits);
Array unpack_codes(const Array& words, int bits);

/// Numbers as the nearest of 0, 0.5, 1, 1.5, 2, 3, 4, 6 and their negatives, halfway towards zero:
/// 4 bits in uint32; and those numbers in float32.
Array to_fp4(const Array& x);
Array from_fp4(const Array& codes);

}  // namespace lazulite
