#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lazulite/backends/cpu/primitives/reduction/arg_rows.cpp"
#include "lazulite/backends/cpu/simd.h"

// After simd.h, which limits the targets.
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "lazulite/backends/cpu/primitives/reduction/arg_rows.h"

HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The extremes so far, lane by lane, and where they were.
template <class D>
struct Extremes {
  hn::Vec<D> value;
  hn::Vec<hn::RebindToUnsigned<D>> position;

  template <bool maximum>
  HWY_INLINE void meet(hn::Vec<D> x, hn::Vec<hn::RebindToUnsigned<D>> at) {
    const hn::RebindToUnsigned<D> du;
    // Better, or unordered: the latter unless a NaN was found before.
    const auto worse = maximum ? hn::Le(x, value) : hn::Ge(x, value);
    const auto take = hn::AndNot(worse, hn::Eq(value, value));
    value = hn::IfThenElse(take, x, value);
    position = hn::IfThenElse(hn::RebindMask(du, take), at, position);
  }
};

template <bool maximum>
HWY_INLINE bool is_better(float a, uint32_t at_a, float b, uint32_t at_b) {
  const bool nan_a = a != a;
  const bool nan_b = b != b;
  if (nan_a || nan_b) return nan_a && (!nan_b || at_a < at_b);
  if (a == b) return at_a < at_b;
  return maximum ? a > b : a < b;
}

template <bool maximum>
HWY_INLINE uint32_t arg_row(const float* x, int64_t size) {
  const hn::ScalableTag<float> d;
  const hn::RebindToUnsigned<decltype(d)> du;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  float best = x[0];
  uint32_t at = 0;
  int64_t i = 0;
  if (size >= lanes) {
    auto position = hn::Iota(du, 0);
    Extremes<decltype(d)> extremes{hn::LoadU(d, x), position};
    for (i = lanes; i + lanes <= size; i += lanes) {
      position = hn::Add(position, hn::Set(du, static_cast<uint32_t>(lanes)));
      extremes.template meet<maximum>(hn::LoadU(d, x + i), position);
    }
    HWY_ALIGN float values[HWY_MAX_BYTES / 4];
    HWY_ALIGN uint32_t positions[HWY_MAX_BYTES / 4];
    hn::Store(extremes.value, d, values);
    hn::Store(extremes.position, du, positions);
    best = values[0];
    at = positions[0];
    for (int64_t lane = 1; lane < lanes; ++lane) {
      if (is_better<maximum>(values[lane], positions[lane], best, at)) {
        best = values[lane];
        at = positions[lane];
      }
    }
  }
  for (; i < size; ++i) {
    if (is_better<maximum>(x[i], static_cast<uint32_t>(i), best, at)) {
      best = x[i];
      at = static_cast<uint32_t>(i);
    }
  }
  return at;
}

template <bool maximum, class D>
HWY_INLINE void arg_columns(D d, const float* x, int64_t size, int64_t inner, uint32_t* y) {
  const hn::RebindToUnsigned<D> du;
  Extremes<D> extremes{hn::LoadU(d, x), hn::Zero(du)};
  for (int64_t i = 1; i < size; ++i) {
    extremes.template meet<maximum>(hn::LoadU(d, x + i * inner),
                                    hn::Set(du, static_cast<uint32_t>(i)));
  }
  hn::StoreU(extremes.position, du, y);
}

template <bool maximum>
void arg_outer(const float* x, int64_t outer, int64_t size, int64_t inner, uint32_t* y) {
  const hn::ScalableTag<float> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t o = 0; o < outer; ++o, x += size * inner, y += inner) {
    if (inner == 1) {
      *y = arg_row<maximum>(x, size);
      continue;
    }
    int64_t j = 0;
    for (; j + lanes <= inner; j += lanes) arg_columns<maximum>(d, x + j, size, inner, y + j);
    const hn::FixedTag<float, 1> d1;
    for (; j < inner; ++j) arg_columns<maximum>(d1, x + j, size, inner, y + j);
  }
}

void arg_min(const float* x, int64_t outer, int64_t size, int64_t inner, uint32_t* y) {
  arg_outer<false>(x, outer, size, inner, y);
}
void arg_max(const float* x, int64_t outer, int64_t size, int64_t inner, uint32_t* y) {
  arg_outer<true>(x, outer, size, inner, y);
}

}  // namespace HWY_NAMESPACE
}  // namespace lazulite::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lazulite::cpu {

HWY_EXPORT(arg_min);
HWY_EXPORT(arg_max);

void arg_extreme(bool maximum, const float* x, int64_t outer, int64_t size, int64_t inner,
                 uint32_t* y) {
  if (maximum) {
    HWY_DYNAMIC_DISPATCH(arg_max)(x, outer, size, inner, y);
  } else {
    HWY_DYNAMIC_DISPATCH(arg_min)(x, outer, size, inner, y);
  }
}

}  // namespace lazulite::cpu
#endif
