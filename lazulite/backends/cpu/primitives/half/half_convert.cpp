#include "lazulite/backends/cpu/primitives/half/half_convert.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lazulite/backends/cpu/primitives/half/half_convert.cpp"
#include "lazulite/backends/cpu/simd.h"

// After simd.h, which limits the targets.
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "lazulite/backends/cpu/parallel.h"

HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Both roundings as core/half.h does them, without branches; the compiler turns the loops into
// vectors of the target.
void widen_bfloat16(const uint16_t* HWY_RESTRICT from, uint32_t* HWY_RESTRICT to, int64_t count) {
  for (int64_t i = 0; i < count; ++i) to[i] = static_cast<uint32_t>(from[i]) << 16;
}

void narrow_bfloat16(const uint32_t* HWY_RESTRICT from, uint16_t* HWY_RESTRICT to, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    const uint32_t x = from[i];
    const uint32_t rounded = (x + 0x7fffu + ((x >> 16) & 1u)) >> 16;
    const uint32_t nan = (x >> 16) | 0x40u;
    to[i] = static_cast<uint16_t>((x & 0x7fffffffu) > 0x7f800000u ? nan : rounded);
  }
}

void widen_float16(const uint16_t* HWY_RESTRICT from, float* HWY_RESTRICT to, int64_t count) {
  for (int64_t i = 0; i < count; ++i) to[i] = float16::widen(from[i]);
}

void narrow_float16(const float* HWY_RESTRICT from, uint16_t* HWY_RESTRICT to, int64_t count) {
  for (int64_t i = 0; i < count; ++i) to[i] = float16::round_bits(from[i]);
}

}  // namespace HWY_NAMESPACE
}  // namespace lazulite::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lazulite::cpu {
namespace {

HWY_EXPORT(widen_bfloat16);
HWY_EXPORT(narrow_bfloat16);
HWY_EXPORT(widen_float16);
HWY_EXPORT(narrow_float16);

constexpr int64_t grain = 32768;

}  // namespace

void widen(const std::byte* from, Dtype half, float* to, int64_t count) {
  const auto* bits = reinterpret_cast<const uint16_t*>(from);
  parallel_for(count, grain, [&](int64_t begin, int64_t end, int) {
    if (half == Dtype::bfloat16) {
      HWY_DYNAMIC_DISPATCH(widen_bfloat16)
      (bits + begin, reinterpret_cast<uint32_t*>(to + begin), end - begin);
    } else {
      HWY_DYNAMIC_DISPATCH(widen_float16)(bits + begin, to + begin, end - begin);
    }
  });
}

void narrow(const float* from, std::byte* to, Dtype half, int64_t count) {
  auto* bits = reinterpret_cast<uint16_t*>(to);
  parallel_for(count, grain, [&](int64_t begin, int64_t end, int) {
    if (half == Dtype::bfloat16) {
      HWY_DYNAMIC_DISPATCH(narrow_bfloat16)
      (reinterpret_cast<const uint32_t*>(from + begin), bits + begin, end - begin);
    } else {
      HWY_DYNAMIC_DISPATCH(narrow_float16)(from + begin, bits + begin, end - begin);
    }
  });
}

}  // namespace lazulite::cpu
#endif
