#if defined(LAZULITE_BACKENDS_CPU_CONV_IMAGE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef LAZULITE_BACKENDS_CPU_CONV_IMAGE_INL_H_
#undef LAZULITE_BACKENDS_CPU_CONV_IMAGE_INL_H_
#else
#define LAZULITE_BACKENDS_CPU_CONV_IMAGE_INL_H_
#endif

#include <algorithm>
#include <cstring>

#include "lazulite/backends/cpu/conv/image.h"
#include "lazulite/backends/cpu/conv/vectors-inl.h"

// What both algorithms for a single image share.
HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu {
namespace HWY_NAMESPACE {

// Output vectors that are computed at a time.
constexpr int most_image_vectors = many_registers ? 4 : 2;

// Calls run(constant) for a number of vectors from 1 to most_image_vectors.
template <class Run>
HWY_INLINE void with_vectors(int64_t vectors, Run&& run) {
  if (vectors == 1) return run(std::integral_constant<int, 1>{});
  if (vectors == 2) return run(std::integral_constant<int, 2>{});
  if constexpr (many_registers) {
    if (vectors == 3) return run(std::integral_constant<int, 3>{});
    run(std::integral_constant<int, 4>{});
  }
}

// Vectors of output channels in [first, end) that belong to a slice.
struct SliceVectors {
  SliceVectors(const ConvPlan& plan, int64_t slice, int64_t slices) {
    const int64_t vectors = divide_up(plan.shape.c_out, lanes);
    first = vectors * slice / slices;
    end = vectors * (slice + 1) / slices;
  }
  int64_t first, end;
};

// Copies rows [first, first + rows) of an image with zeros around: [rows][columns][c_in], where
// the first column is -pad.
HWY_INLINE void stage_image(const ConvShape& shape, const float* image, int64_t first, int64_t rows,
                            int64_t columns, float* staged) {
  const int64_t row_floats = columns * shape.c_in;
  const int64_t left = shape.pad * shape.c_in;
  const int64_t middle = std::min(shape.w * shape.c_in, row_floats - left);
  for (int64_t y = first; y < first + rows; ++y, staged += row_floats) {
    if (y < 0 || y >= shape.h) {
      std::memset(staged, 0, row_floats * sizeof(float));
      continue;
    }
    std::memset(staged, 0, left * sizeof(float));
    std::memcpy(staged + left, image + y * shape.w * shape.c_in, middle * sizeof(float));
    std::memset(staged + left + middle, 0, (row_floats - left - middle) * sizeof(float));
  }
}

// Stores the first `count` lanes, and nothing beyond them.
HWY_INLINE void store_first(FloatVec values, int64_t count, float* to) {
  if (count >= lanes) {
    hn::StoreU(values, FloatTag(), to);
  } else if constexpr (HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3) {
    hn::BlendedStore(values, hn::FirstN(FloatTag(), count), FloatTag(), to);
  } else {
    HWY_ALIGN float all[lanes];
    store(values, all);
    std::memcpy(to, all, count * sizeof(float));
  }
}

// The larger one; a NaN is the largest.
HWY_INLINE FloatVec larger(FloatVec a, FloatVec b) {
  return hn::IfThenElse(hn::Or(hn::Gt(b, a), hn::IsNaN(b)), b, a);
}

// Finishes a band of results [rows][columns][vectors], whose first row is row y of the image before
// pooling; the vectors begin at output vector `first`.
template <int vectors>
HWY_INLINE void finish_band(const Epilogue& e, const float* values, int64_t y, int64_t rows,
                            int64_t columns, int64_t first) {
  constexpr int64_t pixel = vectors * lanes;
  const int64_t step = e.pool ? 2 : 1;
  const int64_t y_end = std::min(e.height, (y + rows) / step);
  const int64_t x_end = std::min(e.width, columns / step);
  for (int v = 0; v < vectors; ++v) {
    const int64_t channel = (first + v) * lanes, count = e.channels - channel;
    HWY_ALIGN float bias[lanes] = {};
    if (e.bias != nullptr) {
      std::memcpy(bias, e.bias + channel, std::min<int64_t>(count, lanes) * sizeof(float));
    }
    for (int64_t oy = y / step; oy < y_end; ++oy) {
      const float* from = values + (oy * step - y) * columns * pixel + v * lanes;
      float* to = e.output + oy * e.width * e.channels + channel;
      for (int64_t ox = 0; ox < x_end; ++ox, from += step * pixel, to += e.channels) {
        FloatVec value = load(from);
        if (e.pool) {
          const float* below = from + columns * pixel;
          value =
              larger(larger(value, load(from + pixel)), larger(load(below), load(below + pixel)));
        }
        value = hn::Add(value, load(bias));
        if (e.relu) value = hn::IfThenZeroElse(hn::Le(value, zero()), value);
        store_first(value, count, to);
      }
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace lazulite::cpu
HWY_AFTER_NAMESPACE();

#endif
