#pragma once

#include <complex>
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "lazulite/core/dtype.h"

namespace lazulite {

// Conversion between the numbers of all dtypes: one definition for scalars, elements and backends,
// with a value for everything that C++ leaves open.
//
// - To bool: whether the number differs from zero. Complex to real: the real part.
// - Integer to integer: modulo 2^bits.
// - To floating numbers: rounded once, to nearest even, to half precision as well.
// - Floating number to integer: without its fraction. One that the integer cannot hold becomes what
//   x86 makes of it, as in NumPy and MLX there: it goes through int64 (through int32 to integers of
//   fewer than 32 bits and to int32 itself), which is the lowest number where it is out of range or
//   NaN, and then modulo 2^bits. uint64 holds up to 2^64, what is beyond is 0.

/// As round_to_odd of a double (core/half.h).
template <std::integral T>
float round_to_odd(T value) {
  if constexpr (sizeof(T) < 8) {
    return round_to_odd(static_cast<double>(value));
  } else {
    // Of more than 53 bits, those that a double lacks count as one that says whether any is set.
    const bool negative = std::signed_integral<T> && value < T(0);
    const auto bits = static_cast<uint64_t>(value);
    const uint64_t magnitude = negative ? 0 - bits : bits;
    const uint64_t low = magnitude & 0x7ff;
    const uint64_t kept = (magnitude - low) | (low != 0 ? 0x800u : 0u);
    const auto rounded = static_cast<double>(magnitude >> 53 != 0 ? kept : magnitude);
    return round_to_odd(negative ? -rounded : rounded);
  }
}

/// Without its fraction; the lowest number where `value` is NaN or out of range.
template <class To, std::floating_point From>
To truncate_signed(From value) {
  static_assert(std::same_as<To, int32_t> || std::same_as<To, int64_t>);
  constexpr From low = static_cast<From>(std::numeric_limits<To>::min());
  // For int32 from double, numbers between -2^31 - 1 and -2^31 have a value too, the lowest.
  return static_cast<To>(((value >= low) & (value < -low)) ? value : low);
}

template <std::integral To, std::floating_point From>
To truncate_to(From value) {
  if constexpr (std::unsigned_integral<To> && sizeof(To) == 8) {
    constexpr From half_range = 0x1p63f;
    const bool upper = value >= half_range;
    const auto rest = truncate_signed<int64_t>(upper ? value - half_range : value);
    return static_cast<To>(static_cast<uint64_t>(rest) ^ (upper ? uint64_t{1} << 63 : 0));
  } else if constexpr (sizeof(To) == 8 || (std::unsigned_integral<To> && sizeof(To) == 4)) {
    return static_cast<To>(truncate_signed<int64_t>(value));
  } else {
    return static_cast<To>(truncate_signed<int32_t>(value));
  }
}

/// `value` as To: C++ types of dtypes, and double and std::complex<double> on both sides.
template <class To, class From>
To convert_number(From value) {
  constexpr bool from_half = std::same_as<From, float16> || std::same_as<From, bfloat16>;
  constexpr bool to_half = std::same_as<To, float16> || std::same_as<To, bfloat16>;
  constexpr bool from_complex = requires { value.real(); };
  constexpr bool to_complex = requires(To z) { z.real(); };
  if constexpr (std::same_as<To, From>) {
    return value;
  } else if constexpr (from_half) {
    return convert_number<To>(static_cast<float>(value));
  } else if constexpr (std::same_as<To, bool>) {
    return value != From(0);
  } else if constexpr (to_complex) {
    using Part = typename To::value_type;
    if constexpr (from_complex) {
      return To(static_cast<Part>(value.real()), static_cast<Part>(value.imag()));
    } else {
      return To(static_cast<Part>(value));
    }
  } else if constexpr (from_complex) {
    return convert_number<To>(value.real());
  } else if constexpr (to_half) {
    if constexpr (std::same_as<From, float> || std::same_as<From, bool>) {
      return To(static_cast<float>(value));
    } else {
      return To(round_to_odd(value));
    }
  } else if constexpr (std::floating_point<From> && std::integral<To>) {
    return truncate_to<To>(value);
  } else {
    return static_cast<To>(value);
  }
}

}  // namespace lazulite
