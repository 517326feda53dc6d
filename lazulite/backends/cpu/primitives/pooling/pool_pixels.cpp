#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lazulite/backends/cpu/primitives/pooling/pool_pixels.cpp"
#include "lazulite/backends/cpu/simd.h"

// After simd.h, which limits the targets.
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "lazulite/backends/cpu/primitives/pooling/pool_pixels.h"

HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Calls block(tag, channel) for vectors that cover the channels; the last ones may overlap.
template <class Block>
HWY_INLINE void for_channels(int64_t channels, Block block) {
  const hn::ScalableTag<float> wide;
  const hn::FixedTag<float, 4> narrow;
  const hn::FixedTag<float, 1> single;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(wide));
  if (channels >= lanes) {
    int64_t c = 0;
    for (; c + lanes <= channels; c += lanes) block(wide, c);
    if (c < channels) block(wide, channels - lanes);
  } else if (channels >= 4) {
    int64_t c = 0;
    for (; c + 4 <= channels; c += 4) block(narrow, c);
    if (c < channels) block(narrow, channels - 4);
  } else {
    for (int64_t c = 0; c < channels; ++c) block(single, c);
  }
}

void max_floats(const float* x, const Tap* taps, int64_t count, int64_t channels, float* y,
                uint8_t* positions) {
  for_channels(channels, [&](auto d, int64_t c) HWY_ATTR {
    using D = decltype(d);
    const hn::RebindToSigned<D> di;
    const hn::Rebind<uint8_t, D> d8;
    auto best = hn::Set(d, -std::numeric_limits<float>::infinity());
    auto place = hn::Zero(di);
    if (count > 0) {
      best = hn::LoadU(d, x + taps[0].pixel * channels + c);
      place = hn::Set(di, static_cast<int32_t>(taps[0].place));
    }
    for (int64_t i = 1; i < count; ++i) {
      const auto value = hn::LoadU(d, x + taps[i].pixel * channels + c);
      // Not worse: larger, or one of the two is NaN.
      const auto take = hn::AndNot(hn::Le(value, best), hn::Eq(best, best));
      best = hn::IfThenElse(take, value, best);
      place = hn::IfThenElse(hn::RebindMask(di, take),
                             hn::Set(di, static_cast<int32_t>(taps[i].place)), place);
    }
    if (y) hn::StoreU(best, d, y + c);
    if (positions) hn::StoreU(hn::DemoteTo(d8, place), d8, positions + c);
  });
}

void max_grad_floats(const float* dy, const uint8_t* positions, const Tap* taps, int64_t count,
                     int64_t channels, float* dx) {
  for_channels(channels, [&](auto d, int64_t c) HWY_ATTR {
    using D = decltype(d);
    const hn::RebindToSigned<D> di;
    const hn::Rebind<uint8_t, D> d8;
    auto sum = hn::Zero(d);
    for (int64_t i = 0; i < count; ++i) {
      const int64_t at = taps[i].pixel * channels + c;
      const auto place = hn::PromoteTo(di, hn::LoadU(d8, positions + at));
      const auto here = hn::Eq(place, hn::Set(di, static_cast<int32_t>(taps[i].place)));
      sum = hn::Add(sum, hn::IfThenElseZero(hn::RebindMask(d, here), hn::LoadU(d, dy + at)));
    }
    hn::StoreU(sum, d, dx + c);
  });
}

void mean_floats(const float* x, const Tap* taps, int64_t count, int64_t channels, float divisor,
                 float* y) {
  for_channels(channels, [&](auto d, int64_t c) HWY_ATTR {
    auto sum = hn::Zero(d);
    for (int64_t i = 0; i < count; ++i) {
      sum = hn::Add(sum, hn::LoadU(d, x + taps[i].pixel * channels + c));
    }
    hn::StoreU(hn::Div(sum, hn::Set(d, divisor)), d, y + c);
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace lazulite::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lazulite::cpu {

HWY_EXPORT(max_floats);
HWY_EXPORT(max_grad_floats);
HWY_EXPORT(mean_floats);

void max_pixel(const float* x, const Tap* taps, int64_t count, int64_t channels, float* y,
               uint8_t* positions) {
  HWY_DYNAMIC_DISPATCH(max_floats)(x, taps, count, channels, y, positions);
}
void max_grad_pixel(const float* dy, const uint8_t* positions, const Tap* taps, int64_t count,
                    int64_t channels, float* dx) {
  HWY_DYNAMIC_DISPATCH(max_grad_floats)(dy, positions, taps, count, channels, dx);
}
void mean_pixel(const float* x, const Tap* taps, int64_t count, int64_t channels, float divisor,
                float* y) {
  HWY_DYNAMIC_DISPATCH(mean_floats)(x, taps, count, channels, divisor, y);
}

}  // namespace lazulite::cpu
#endif
