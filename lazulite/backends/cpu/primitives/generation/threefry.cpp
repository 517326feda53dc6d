#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lazulite/backends/cpu/primitives/generation/threefry.cpp"
#include "lazulite/backends/cpu/simd.h"

// After simd.h, which limits the targets.
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "lazulite/backends/cpu/primitives/generation/threefry.h"

HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Several pairs at once: the steps of one wait for each other.
template <class D, int n>
struct Pairs {
  hn::Vec<D> x0[n];
  hn::Vec<D> x1[n];
};

template <int bits, class D, int n>
HWY_INLINE void mix(Pairs<D, n>& pairs) {
  for (int i = 0; i < n; ++i) {
    pairs.x0[i] = hn::Add(pairs.x0[i], pairs.x1[i]);
    pairs.x1[i] = hn::Xor(hn::RotateRight<32 - bits>(pairs.x1[i]), pairs.x0[i]);
  }
}

template <class D, int n>
HWY_INLINE void inject(D d, uint32_t key0, uint32_t key1, Pairs<D, n>& pairs) {
  for (int i = 0; i < n; ++i) {
    pairs.x0[i] = hn::Add(pairs.x0[i], hn::Set(d, key0));
    pairs.x1[i] = hn::Add(pairs.x1[i], hn::Set(d, key1));
  }
}

// Threefry-2x32 with 20 rounds: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
// 1, 2, 3" (2011).
template <class D, int n>
HWY_INLINE void threefry(D d, uint32_t key0, uint32_t key1, Pairs<D, n>& pairs) {
  const uint32_t key2 = key0 ^ key1 ^ 0x1BD11BDAu;
  const auto even = [&]() HWY_ATTR {
    mix<13>(pairs);
    mix<15>(pairs);
    mix<26>(pairs);
    mix<6>(pairs);
  };
  const auto odd = [&]() HWY_ATTR {
    mix<17>(pairs);
    mix<29>(pairs);
    mix<16>(pairs);
    mix<24>(pairs);
  };
  inject(d, key0, key1, pairs);
  even();
  inject(d, key1, key2 + 1, pairs);
  odd();
  inject(d, key2, key0 + 2, pairs);
  even();
  inject(d, key0, key1 + 3, pairs);
  odd();
  inject(d, key1, key2 + 4, pairs);
  even();
  inject(d, key2, key0 + 5, pairs);
}

void fill_pairs(uint32_t key0, uint32_t key1, int64_t words, int64_t begin, int64_t end,
                uint32_t* bits) {
  const int64_t second = threefry_pairs(words);
  using D = hn::ScalableTag<uint32_t>;
  const D d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const int64_t whole = words / 2;
  constexpr int several = 4;
  int64_t i = begin;
  for (; i + several * lanes <= std::min(end, whole); i += several * lanes) {
    Pairs<D, several> pairs;
    for (int j = 0; j < several; ++j) {
      pairs.x0[j] = hn::Iota(d, static_cast<uint32_t>(i + j * lanes));
      pairs.x1[j] = hn::Iota(d, static_cast<uint32_t>(second + i + j * lanes));
    }
    threefry(d, key0, key1, pairs);
    for (int j = 0; j < several; ++j) {
      hn::StoreU(pairs.x0[j], d, bits + i + j * lanes);
      hn::StoreU(pairs.x1[j], d, bits + second + i + j * lanes);
    }
  }
  using D1 = hn::FixedTag<uint32_t, 1>;
  const D1 d1;
  for (; i < end; ++i) {
    const bool paired = i < whole;
    Pairs<D1, 1> pair;
    pair.x0[0] = hn::Set(d1, static_cast<uint32_t>(i));
    pair.x1[0] = hn::Set(d1, paired ? static_cast<uint32_t>(second + i) : 0);
    threefry(d1, key0, key1, pair);
    bits[i] = hn::GetLane(pair.x0[0]);
    if (paired) bits[second + i] = hn::GetLane(pair.x1[0]);
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
