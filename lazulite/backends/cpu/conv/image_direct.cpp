#include "lazulite/backends/cpu/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lazulite/backends/cpu/conv/image_direct.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "lazulite/backends/cpu/conv/direct_rows.h"
#include "lazulite/backends/cpu/conv/image-inl.h"

HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu {
namespace HWY_NAMESPACE {
namespace {

// The results of 2x2 neighbouring outputs: to [2][columns][vectors].
template <int vectors>
HWY_INLINE void sum_square(const DirectRows& shape, const float* staged, const float* weights,
                           int64_t channels, int64_t columns, float* to) {
  const int64_t row_floats = shape.staged_width() * shape.depth;
  FloatVec sums[4 * vectors];
  unroll<4 * vectors>([&](auto i) LAZULITE_INLINE_LAMBDA { sums[i] = zero(); });
  for (int64_t ky = 0; ky < shape.kernel; ++ky) {
    // A row of the kernel's taps and their channels lies side by side.
    const float* x = staged + ky * row_floats;
    for (int64_t k = 0; k < shape.kernel * shape.depth; ++k, weights += channels) {
      FloatVec w[vectors];
      unroll<vectors>([&](auto v) LAZULITE_INLINE_LAMBDA { w[v] = load(weights + v * lanes); });
      unroll<4>([&](auto i) LAZULITE_INLINE_LAMBDA {
        const FloatVec value = hn::Set(FloatTag(), x[i / 2 * row_floats + i % 2 * shape.depth + k]);
        unroll<vectors>([&](auto v) LAZULITE_INLINE_LAMBDA {
          sums[i * vectors + v] = hn::MulAdd(value, w[v], sums[i * vectors + v]);
        });
      });
    }
  }
  unroll<4>([&](auto i) LAZULITE_INLINE_LAMBDA {
    unroll<vectors>([&](auto v) LAZULITE_INLINE_LAMBDA {
      store(sums[i * vectors + v], to + ((i / 2 * columns + i % 2) * vectors + v) * lanes);
    });
  });
}

void direct(const ImageCall& call, int64_t begin, int64_t end, float* scratch) {
  const DirectRows shape = DirectRows::forward(call.plan);
  const ImageBands bands(call.plan);
  const int64_t columns = round_up(shape.out_w, 2), channels = image_channels(call.plan);
  float* staged = scratch;
  float* results = scratch + round_up(shape.staged_floats() / images_per_group, images_per_group);
  for (int64_t item = begin; item < end; ++item) {
    const int64_t y = item / bands.slices * 2;
    stage_image(call.plan.shape, call.image, y - shape.pad, shape.kernel + 1, shape.staged_width(),
                staged);
    const SliceVectors slice(call.plan, item % bands.slices, bands.slices);
    for (int64_t v = slice.first; v < slice.end; v += most_image_vectors) {
      with_vectors(
          std::min<int64_t>(most_image_vectors, slice.end - v), [&](auto vectors) HWY_ATTR {
            for (int64_t x = 0; x < columns; x += 2) {
              sum_square<vectors>(shape, staged + x * shape.depth, call.weights + v * lanes,
                                  channels, columns, results + x * vectors * lanes);
            }
            finish_band<vectors>(call.epilogue, results, y, 2, columns, v);
          });
    }
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace lazulite::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lazulite::cpu {

HWY_EXPORT(direct);

int64_t image_direct_scratch(const ConvPlan& plan) {
  const DirectRows shape = DirectRows::forward(plan);
  const int64_t results = 2 * round_up(shape.out_w, 2) * 4 * images_per_group;
  return round_up(shape.staged_floats() / images_per_group, images_per_group) + results;
}

void image_direct(const ImageCall& call, int64_t begin, int64_t end, float* scratch) {
  HWY_DYNAMIC_DISPATCH(direct)(call, begin, end, scratch);
}

}  // namespace lazulite::cpu
#endif
