#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lazulite/backends/cpu/primitives/threefry.cpp"
#include "lazulite/backends/cpu/simd.h"

// After simd.h, which limits the targets.
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "lazulite/backends/cpu/primitives/threefry.h"

HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <int bits, class V>
HWY_INLINE void mix(V& x0, V& x1) {
  x0 = hn::Add(x0, x1);
  x1 = hn::Xor(hn::RotateRight<32 - bits>(x1), x0);
}

// Threefry-2x32 with 20 rounds: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
// 1, 2, 3" (2011).
template <class D, class V = hn::Vec<D>>
HWY_INLINE void threefry(D d, uint32_t key0, uint32_t key1, V& x0, V& x1) {
  const uint32_t keys[3] = {key0, key1, key0 ^ key1 ^ 0x1BD11BDAu};
  x0 = hn::Add(x0, hn::Set(d, keys[0]));
  x1 = hn::Add(x1, hn::Set(d, keys[1]));
  const auto inject = [&](uint32_t round) HWY_ATTR {
    x0 = hn::Add(x0, hn::Set(d, keys[round % 3]));
    x1 = hn::Add(x1, hn::Set(d, keys[(round + 1) % 3] + round));
  };
  const auto even = [&]() HWY_ATTR {
    mix<13>(x0, x1);
    mix<15>(x0, x1);
    mix<26>(x0, x1);
    mix<6>(x0, x1);
  };
  const auto odd = [&]() HWY_ATTR {
    mix<17>(x0, x1);
    mix<29>(x0, x1);
    mix<16>(x0, x1);
    mix<24>(x0, x1);
  };
  even();
  inject(1);
  odd();
  inject(2);
  even();
  inject(3);
  odd();
  inject(4);
  even();
  inject(5);
}

void fill_pairs(uint32_t key0, uint32_t key1, int64_t words, int64_t begin, int64_t end,
                uint32_t* bits) {
  const int64_t second = threefry_pairs(words);
  const hn::ScalableTag<uint32_t> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const int64_t whole = words / 2;
  int64_t i = begin;
  for (; i + lanes <= std::min(end, whole); i += lanes) {
    auto x0 = hn::Iota(d, static_cast<uint32_t>(i));
    auto x1 = hn::Iota(d, static_cast<uint32_t>(second + i));
    threefry(d, key0, key1, x0, x1);
    hn::StoreU(x0, d, bits + i);
    hn::StoreU(x1, d, bits + second + i);
  }
  const hn::FixedTag<uint32_t, 1> d1;
  for (; i < end; ++i) {
    const bool paired = i < whole;
    auto x0 = hn::Set(d1, static_cast<uint32_t>(i));
    auto x1 = hn::Set(d1, paired ? static_cast<uint32_t>(second + i) : 0);
    threefry(d1, key0, key1, x0, x1);
    bits[i] = hn::GetLane(x0);
    if (paired) bits[second + i] = hn::GetLane(x1);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace lazulite::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lazulite::cpu {

HWY_EXPORT(fill_pairs);

void threefry_bits(uint32_t key0, uint32_t key1, int64_t words, int64_t begin, int64_t end,
                   uint32_t* bits) {
  HWY_DYNAMIC_DISPATCH(fill_pairs)(key0, key1, words, begin, end, bits);
}

}  // namespace lazulite::cpu
#endif
