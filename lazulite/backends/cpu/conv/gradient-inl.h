#if defined(LAZULITE_BACKENDS_CPU_CONV_GRADIENT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef LAZULITE_BACKENDS_CPU_CONV_GRADIENT_INL_H_
#undef LAZULITE_BACKENDS_CPU_CONV_GRADIENT_INL_H_
#else
#define LAZULITE_BACKENDS_CPU_CONV_GRADIENT_INL_H_
#endif

#include "lazulite/backends/cpu/conv/calls.h"
#include "lazulite/backends/cpu/conv/vectors-inl.h"

// The gradient of a convolution's output out of that of the pooled output.
HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu {
namespace HWY_NAMESPACE {

// Side of what expand_gradient writes: whole windows of the pool, which may stick out at each end.
template <int tile>
constexpr int gradient_patch = tile + tile % 2;

// The part of the gradient at `at` that goes to element `index` of the window.
template <int count>
HWY_INLINE void load_window(const OutputGradient& gradient, int64_t at, FloatVec (&parts)[count]) {
  const FloatVec value = load(gradient.values + at);
  const hn::RebindToSigned<FloatTag> index_tag;
  const hn::Rebind<uint8_t, FloatTag> byte_tag;
  if (count == 1 && gradient.residual == nullptr) {
    parts[0] = value;
    return;
  }
  const auto taken = hn::PromoteTo(index_tag, hn::LoadU(byte_tag, gradient.residual + at));
  unroll<count>([&](auto i) LAZULITE_INLINE_LAMBDA {
    const auto here = hn::Eq(taken, hn::Set(index_tag, i));
    parts[i] = hn::IfThenElseZero(hn::RebindMask(FloatTag(), here), value);
  });
}

// Writes tile x tile gradients, zeros outside the image, and returns the address of the one at
// (y, x); rows are gradient_patch vectors long. Adds to `sum` the gradients of the windows that
// begin in the tile.
template <int tile>
HWY_INLINE const float* expand_gradient(const OutputGradient& gradient, int64_t plane, int64_t y,
                                        int64_t x, FloatVec& sum, float* values) {
  constexpr int row = gradient_patch<tile> * lanes;
  if (!gradient.pool) {
    for (int r = 0; r < tile; ++r) {
      for (int q = 0; q < tile; ++q) {
        FloatVec part[1] = {zero()};
        if (y + r < gradient.height && x + q < gradient.width) {
          load_window(gradient, plane + ((y + r) * gradient.width + x + q) * images_per_group,
                      part);
        }
        sum = hn::Add(sum, part[0]);
        store(part[0], values + r * row + q * lanes);
      }
    }
    return values;
  }
  for (int r = 0; r < gradient_patch<tile>; r += 2) {
    for (int q = 0; q < gradient_patch<tile>; q += 2) {
      const int64_t window_y = y / 2 + r / 2, window_x = x / 2 + q / 2;
      FloatVec parts[4] = {zero(), zero(), zero(), zero()};
      if (window_y < gradient.height && window_x < gradient.width) {
        load_window(gradient, plane + (window_y * gradient.width + window_x) * images_per_group,
                    parts);
        if (window_y * 2 >= y && window_x * 2 >= x) {
          sum = hn::Add(sum, hn::Add(hn::Add(parts[0], parts[1]), hn::Add(parts[2], parts[3])));
        }
      }
      store(parts[0], values + r * row + q * lanes);
      store(parts[1], values + r * row + (q + 1) * lanes);
      store(parts[2], values + (r + 1) * row + q * lanes);
      store(parts[3], values + (r + 1) * row + (q + 1) * lanes);
    }
  }
  return values + (y % 2) * row + (x % 2) * lanes;
}

}  // namespace HWY_NAMESPACE
}  // namespace lazulite::cpu
HWY_AFTER_NAMESPACE();

#endif
