// Per-target include guard, as Highway asks for.
#if defined(LAZULITE_BACKENDS_CPU_CONV_VECTORS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef LAZULITE_BACKENDS_CPU_CONV_VECTORS_INL_H_
#undef LAZULITE_BACKENDS_CPU_CONV_VECTORS_INL_H_
#else
#define LAZULITE_BACKENDS_CPU_CONV_VECTORS_INL_H_
#endif

#include <cstdint>
#include <utility>

#include "hwy/highway.h"
#include "lazulite/backends/cpu/conv/conv.h"

HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// A vector holds the images of one group, or a half or a quarter of them.
using FloatTag = hn::CappedTag<float, images_per_group>;
using FloatVec = hn::Vec<FloatTag>;
constexpr int lanes = static_cast<int>(hn::MaxLanes(FloatTag()));

// 32 registers hold twenty sums and their operands; 16 hold ten.
constexpr bool many_registers = HWY_TARGET == HWY_AVX3 || HWY_ARCH_ARM;

template <class F, int... i>
HWY_INLINE void unroll_indices(F&& function, std::integer_sequence<int, i...>) {
  (function(std::integral_constant<int, i>{}), ...);
}

// function(i) for i in [0, n), where i is a constant: compilers keep vectors of an array in
// registers only where every index is one.
template <int n, class F>
HWY_INLINE void unroll(F&& function) {
  unroll_indices(function, std::make_integer_sequence<int, n>{});
}

HWY_INLINE FloatVec load(const float* from) { return hn::Load(FloatTag(), from); }
HWY_INLINE void store(FloatVec vector, float* to) { hn::Store(vector, FloatTag(), to); }
HWY_INLINE FloatVec zero() { return hn::Zero(FloatTag()); }
HWY_INLINE FloatVec set(double value) { return hn::Set(FloatTag(), static_cast<float>(value)); }

// factor * x + y; a constant factor of 1 or -1 costs no multiplication.
HWY_INLINE FloatVec multiply_add(double factor, FloatVec x, FloatVec y) {
  if (factor == 1) return hn::Add(x, y);
  if (factor == -1) return hn::Sub(y, x);
  return hn::MulAdd(set(factor), x, y);
}

HWY_INLINE FloatVec multiply(double factor, FloatVec x) {
  return factor == 1 ? x : hn::Mul(set(factor), x);
}

// Lane i is the sum over all lanes of sums[i].
HWY_INLINE FloatVec sum_lanes(const FloatVec (&sums)[lanes]) {
  const FloatTag d;
  const hn::Repartition<double, FloatTag> wide;
  // Within blocks of four lanes: transpose while adding.
  FloatVec pairs[lanes / 2];
  unroll<lanes / 2>([&](auto i) LAZULITE_INLINE_LAMBDA {
    pairs[i] = hn::Add(hn::InterleaveLower(d, sums[2 * i], sums[2 * i + 1]),
                       hn::InterleaveUpper(d, sums[2 * i], sums[2 * i + 1]));
  });
  FloatVec fours[lanes / 4];
  unroll<lanes / 4>([&](auto i) LAZULITE_INLINE_LAMBDA {
    const auto a = hn::BitCast(wide, pairs[2 * i]);
    const auto b = hn::BitCast(wide, pairs[2 * i + 1]);
    fours[i] = hn::Add(hn::BitCast(d, hn::InterleaveLower(wide, a, b)),
                       hn::BitCast(d, hn::InterleaveUpper(wide, a, b)));
  });
  // Then across blocks.
  if constexpr (lanes == 4) {
    return fours[0];
  } else if constexpr (lanes == 8) {
    return hn::Add(hn::ConcatLowerLower(d, fours[1], fours[0]),
                   hn::ConcatUpperUpper(d, fours[1], fours[0]));
  } else {
    const FloatVec even = hn::Add(hn::ConcatLowerLower(d, fours[2], fours[0]),
                                  hn::ConcatUpperUpper(d, fours[2], fours[0]));
    const FloatVec odd = hn::Add(hn::ConcatLowerLower(d, fours[3], fours[1]),
                                 hn::ConcatUpperUpper(d, fours[3], fours[1]));
    return hn::OddEvenBlocks(hn::Add(odd, hn::SwapAdjacentBlocks(odd)),
                             hn::Add(even, hn::SwapAdjacentBlocks(even)));
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace lazulite::cpu
HWY_AFTER_NAMESPACE();

#endif
