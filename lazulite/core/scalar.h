#pragma once

#include <complex>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>

#include "lazulite/core/dtype.h"

namespace lazulite {

/// A number without a dtype of its own: beside an array it takes the array's dtype where that can
/// hold its kind (2.5 beside float16 stays float16; 2.5 beside int32 gives float32).
class Scalar {
 public:
  Scalar(bool value) : value_(value) {}
  template <std::integral T>
  Scalar(T value) : value_(static_cast<int64_t>(value)) {}
  template <std::floating_point T>
  Scalar(T value) : value_(static_cast<double>(value)) {}
  Scalar(float16 value) : value_(static_cast<double>(float(value))) {}
  Scalar(bfloat16 value) : value_(static_cast<double>(float(value))) {}
  Scalar(std::complex<float> value) : value_(std::complex<double>(value)) {}

  DtypeKind kind() const;
  /// The dtype that the scalar takes on its own: bool, int32 (int64 if needed), float32, complex64.
  Dtype dtype() const;
  /// The dtype that it takes beside an array of `dtype`.
  Dtype dtype_beside(Dtype dtype) const;

  /// The value as T, converted as a C++ cast does.
  template <class T>
  T as() const {
    return std::visit([](auto value) { return convert<T>(value); }, value_);
  }
  /// Writes the value as one element of `dtype` (at most 8 bytes).
  void store(void* destination, Dtype dtype) const;
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
  template <class T, class V>
  static T convert(const V& value) {
    if constexpr (std::is_same_v<V, std::complex<double>>) {
      if constexpr (std::is_same_v<T, complex64>) {
        return T(static_cast<float>(value.real()), static_cast<float>(value.imag()));
      } else {
        return convert<T>(value.real());
      }
    } else if constexpr (std::is_same_v<T, complex64> || std::is_same_v<T, float16> ||
                         std::is_same_v<T, bfloat16>) {
      return T(static_cast<float>(value));
    } else {
      return static_cast<T>(value);
    }
  }

  std::variant<bool, int64_t, double, std::complex<double>> value_;
};

}  // namespace lazulite
