#pragma once

#include <complex>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>

#include "lazulite/core/convert.h"
#include "lazulite/core/dtype.h"

namespace lazulite {

/// A number without a dtype of its own: beside an array it takes the array's dtype where that can
/// hold its kind (2.5 beside float16 stays float16; 2.5 beside int32 gives float32).
class Scalar {
 public:
  Scalar(bool value) : value_(value) {}
  template <std::integral T>
  Scalar(T value) : value_(static_cast<int64_t>(value)) {
    if constexpr (std::unsigned_integral<T> && sizeof(T) == 8) {
      if (value >> 63) value_ = static_cast<uint64_t>(value);
    }
  }
  template <std::floating_point T>
  Scalar(T value) : value_(static_cast<double>(value)) {}
  Scalar(float16 value) : value_(static_cast<double>(float(value))) {}
  Scalar(bfloat16 value) : value_(static_cast<double>(float(value))) {}
  Scalar(std::complex<float> value) : value_(std::complex<double>(value)) {}

  DtypeKind kind() const;
  /// The dtype that the scalar takes on its own: bool, int32 (int64 or uint64 if needed), float32,
  /// complex64.
  Dtype dtype() const;
  /// The dtype that it takes beside an array of `dtype`: a matter of its kind, never of its value.
  Dtype dtype_beside(Dtype dtype) const;

  /// The value as T, converted as core/convert.h says.
  template <class T>
  T as() const {
    return std::visit([](auto value) { return convert_number<T>(value); }, value_);
  }
  /// Throws a ValueError where `dtype` is one of integers and the number is out of its range. A
  /// fraction is cut off, and floating dtypes hold every number: as infinity if need be.
  void expect_held_by(Dtype dtype, const char* operation) const;
  /// Writes the value as one element of `dtype` (at most 8 bytes), which must hold it.
  void store(void* destination, Dtype dtype, const char* operation = "array") const;
  std::string to_string() const;

  /// The number exactly, for keys: its type, and the bits of its parts.
  struct Bits {
    uint8_t type;
    uint64_t real;
    uint64_t imaginary;
    bool operator==(const Bits&) const = default;
  };
  Bits bits() const;

  /// Bitwise: NaN equals itself, 0.0 differs from -0.0, so that it can be a key.
  friend bool operator==(const Scalar& a, const Scalar& b);

 private:
  // uint64_t only beyond the range of int64_t.
  std::variant<bool, int64_t, uint64_t, double, std::complex<double>> value_;
};

/// The number as it is printed: NaN without its sign, which says nothing.
double printable(double value);

}  // namespace lazulite
