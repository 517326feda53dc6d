#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lazulite/backends/cpu/blocks/halves.cpp"
#include "lazulite/backends/cpu/simd.h"

// After simd.h, which limits the targets; it includes this file for each of them.
#include <hwy/foreach_target.h>

#include "lazulite/backends/cpu/blocks/block_functions.h"
#include "lazulite/backends/cpu/blocks/sources-inl.h"

HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu::HWY_NAMESPACE {

// As float16::round_bits and widen, without branches, so that the compiler makes vectors of them.
HWY_INLINE uint16_t narrow(float value, float16) {
  const auto bits = std::bit_cast<uint32_t>(value);
  const uint32_t sign = (bits >> 16) & 0x8000u, x = bits & 0x7fffffffu;
  const uint32_t nan = 0x7e00u | ((x >> 13) & 0x1ffu);
  const uint32_t subnormal = std::bit_cast<uint32_t>(std::bit_cast<float>(x) + 0.5f) - 0x3f000000u;
  const uint32_t normal = (x + 0xc8000fffu + ((x >> 13) & 1u)) >> 13;
  uint32_t result = x < 0x38800000u ? subnormal : normal;
  result = x >= 0x477ff000u ? 0x7c00u : result;
  result = x > 0x7f800000u ? nan : result;
  return static_cast<uint16_t>(sign | result);
}
HWY_INLINE float widen(uint16_t half, float16) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
  const uint32_t rest = static_cast<uint32_t>(half & 0x7fffu) << 13;
  const uint32_t exponent = half & 0x7c00u;
  const auto subnormal = std::bit_cast<uint32_t>(static_cast<float>(half & 0x3ff) * 0x1p-24f);
  uint32_t result = exponent == 0 ? subnormal : rest + 0x38000000u;
  result = exponent == 0x7c00u ? 0x7f800000u | rest : result;
  return std::bit_cast<float>(sign | result);
}
HWY_INLINE uint16_t narrow(float value, bfloat16) {
  const auto x = std::bit_cast<uint32_t>(value);
  const uint32_t rounded = (x + 0x7fffu + ((x >> 16) & 1u)) >> 16;
  const uint32_t nan = (x >> 16) | 0x40u;
  return static_cast<uint16_t>((x & 0x7fffffffu) > 0x7f800000u ? nan : rounded);
}
HWY_INLINE float widen(uint16_t half, bfloat16) {
  return std::bit_cast<float>(static_cast<uint32_t>(half) << 16);
}

template <class Half>
void narrow_block(void* out, const void* a, const void*, const void*, int64_t n) {
  const auto* const from = static_cast<const float*>(a);
  auto* const to = static_cast<uint16_t*>(out);
  LAZULITE_INDEPENDENT_LOOP
  for (int64_t i = 0; i < n; ++i) to[i] = narrow(from[i], Half());
}
template <class Half>
void widen_block(void* out, const void* a, const void*, const void*, int64_t n) {
  const auto* const from = static_cast<const uint16_t*>(a);
  auto* const to = static_cast<float*>(out);
  LAZULITE_INDEPENDENT_LOOP
  for (int64_t i = 0; i < n; ++i) to[i] = widen(from[i], Half());
}
template <class Half>
void round_block(void* out, const void* a, const void*, const void*, int64_t n) {
  const auto* const from = static_cast<const float*>(a);
  auto* const to = static_cast<float*>(out);
  LAZULITE_INDEPENDENT_LOOP
  for (int64_t i = 0; i < n; ++i) to[i] = widen(narrow(from[i], Half()), Half());
}

#define LAZULITE_OF_HALF(name)                                                      \
  BlockFunction name##_of(Dtype half) {                                             \
    return half == Dtype::float16 ? name##_block<float16> : name##_block<bfloat16>; \
  }
LAZULITE_OF_HALF(narrow)
LAZULITE_OF_HALF(widen)
LAZULITE_OF_HALF(round)
#undef LAZULITE_OF_HALF

}  // namespace lazulite::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lazulite::cpu {
HWY_EXPORT(narrow_of);
HWY_EXPORT(widen_of);
HWY_EXPORT(round_of);
BlockFunction narrow_function(Dtype half) { return HWY_DYNAMIC_DISPATCH(narrow_of)(half); }
BlockFunction widen_function(Dtype half) { return HWY_DYNAMIC_DISPATCH(widen_of)(half); }
BlockFunction round_function(Dtype half) { return HWY_DYNAMIC_DISPATCH(round_of)(half); }
}  // namespace lazulite::cpu
#endif
