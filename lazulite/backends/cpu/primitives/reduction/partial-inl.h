// Included once for each target of Highway, inside no namespace.
#if defined(LAZULITE_CPU_PARTIAL_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef LAZULITE_CPU_PARTIAL_INL_H
#undef LAZULITE_CPU_PARTIAL_INL_H
#else
#define LAZULITE_CPU_PARTIAL_INL_H
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The first `count` lanes of a vector, at most all of them. Highway's masked loads and stores touch
// the memory behind them on targets without masks, and there others may be at work.
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
constexpr bool has_masked_memory = true;
#else
constexpr bool has_masked_memory = false;
#endif

// The other lanes are zero.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> load_first(D d, const T* from, int64_t count) {
  if constexpr (has_masked_memory) {
    return hn::MaskedLoad(hn::FirstN(d, static_cast<size_t>(count)), d, from);
  } else {
    HWY_ALIGN T lanes[hn::MaxLanes(d)] = {};
    std::copy_n(from, std::min<int64_t>(count, hn::MaxLanes(d)), lanes);
    return hn::Load(d, lanes);
  }
}

template <class D, class T = hn::TFromD<D>>
HWY_INLINE void store_first(hn::Vec<D> v, D d, T* to, int64_t count) {
  if constexpr (has_masked_memory) {
    hn::BlendedStore(v, hn::FirstN(d, static_cast<size_t>(count)), d, to);
  } else {
    HWY_ALIGN T lanes[hn::MaxLanes(d)];
    hn::Store(v, d, lanes);
    std::copy_n(lanes, std::min<int64_t>(count, hn::MaxLanes(d)), to);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace lazulite::cpu
HWY_AFTER_NAMESPACE();

#endif
