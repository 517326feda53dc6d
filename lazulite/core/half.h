#pragma once

#include <bit>
#include <cmath>
#include <concepts>
#include <cstdint>

namespace lazulite {

/// The float next to `value` on the side of zero with its last bit set, if there is none that
/// equals it. Rounding it to half precision is then like rounding `value` itself.
inline float round_to_odd(double value) {
  auto nearest = static_cast<float>(value);
  auto bits = std::bit_cast<uint32_t>(nearest);
  const double back = nearest;
  const bool inexact = back < value || back > value;
  bits -= std::fabs(back) > std::fabs(value) ? 1u : 0u;
  return std::bit_cast<float>(bits | (inexact ? 1u : 0u));
}

/// IEEE 754 binary16. Arithmetic goes through float32 and rounds once, to nearest even.
struct float16 {
  uint16_t bits = 0;
  float16() = default;
  explicit float16(float value) : bits(round_bits(value)) {}
  template <std::same_as<double> T>
  explicit float16(T value) : bits(round_bits(round_to_odd(value))) {}
  explicit operator float() const { return widen(bits); }
  bool operator==(const float16& other) const { return float(*this) == float(other); }

  static uint16_t round_bits(float value) {
    uint32_t x = std::bit_cast<uint32_t>(value);
    uint32_t sign = (x >> 16) & 0x8000u;
    x &= 0x7fffffffu;
    if (x > 0x7f800000u) return static_cast<uint16_t>(sign | 0x7e00u | ((x >> 13) & 0x1ffu));
    if (x >= 0x477ff000u) return static_cast<uint16_t>(sign | 0x7c00u);
    if (x < 0x38800000u) {
      // Adding 0.5 aligns a subnormal's last bit with float32's, so the addition itself rounds.
      float aligned = std::bit_cast<float>(x) + 0.5f;
      return static_cast<uint16_t>(sign | (std::bit_cast<uint32_t>(aligned) - 0x3f000000u));
    }
    x += 0xc8000fffu + ((x >> 13) & 1u);
    return static_cast<uint16_t>(sign | (x >> 13));
  }
  static float widen(uint16_t half) {
    uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
    uint32_t rest = static_cast<uint32_t>(half & 0x7fffu) << 13;
    if ((half & 0x7c00u) == 0x7c00u) return std::bit_cast<float>(sign | 0x7f800000u | rest);
    if ((half & 0x7c00u) == 0) {
      float magnitude = static_cast<float>(half & 0x3ffu) * 0x1p-24f;
      return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(magnitude));
    }
    return std::bit_cast<float>(sign | (rest + 0x38000000u));
  }
};

/// The upper half of a float32. Arithmetic goes through float32 and rounds once, to nearest even.
struct bfloat16 {
  uint16_t bits = 0;
  bfloat16() = default;
  explicit bfloat16(float value) : bits(round_bits(value)) {}
  template <std::same_as<double> T>
  explicit bfloat16(T value) : bits(round_bits(round_to_odd(value))) {}
  explicit operator float() const { return widen(bits); }
  bool operator==(const bfloat16& other) const { return float(*this) == float(other); }

  static uint16_t round_bits(float value) {
    uint32_t x = std::bit_cast<uint32_t>(value);
    if ((x & 0x7fffffffu) > 0x7f800000u) return static_cast<uint16_t>((x >> 16) | 0x40u);
    return static_cast<uint16_t>((x + 0x7fffu + ((x >> 16) & 1u)) >> 16);
  }
  static float widen(uint16_t bits) {
    return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
  }
};

}  // namespace lazulite
