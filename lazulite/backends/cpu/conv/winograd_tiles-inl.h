#if defined(LAZULITE_BACKENDS_CPU_CONV_WINOGRAD_TILES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef LAZULITE_BACKENDS_CPU_CONV_WINOGRAD_TILES_INL_H_
#undef LAZULITE_BACKENDS_CPU_CONV_WINOGRAD_TILES_INL_H_
#else
#define LAZULITE_BACKENDS_CPU_CONV_WINOGRAD_TILES_INL_H_
#endif

#include "lazulite/backends/cpu/conv/geometry.h"
#include "lazulite/backends/cpu/conv/gradient-inl.h"
#include "lazulite/backends/cpu/conv/winograd_transforms-inl.h"

// Two-dimensional transforms of the tiles of one block, into rows of points:
//     [point][channel][tile][image], where point = column * size + row.
HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu {
namespace HWY_NAMESPACE {

// One tile of the input; `plane` is a channel of a group, rows and columns outside it are zeros.
template <int size>
HWY_INLINE void transform_input_tile(const float* plane, int64_t height, int64_t width, int64_t y,
                                     int64_t x, float* to, int64_t point_stride) {
  HWY_ALIGN float half[size * size * lanes];
  const float* rows[size];
  unroll<size>([&](auto i) LAZULITE_INLINE_LAMBDA {
    const bool inside = y + i >= 0 && y + i < height;
    rows[i] = inside ? plane + ((y + i) * width + x) * images_per_group : zero_pixels;
  });
  for (int q = 0; q < size; ++q) {
    FloatVec transformed[size];
    if (x + q >= 0 && x + q < width) {
      FloatVec values[size];
      unroll<size>(
          [&](auto i) LAZULITE_INLINE_LAMBDA { values[i] = load(rows[i] + q * images_per_group); });
      transform_input(values, transformed);
    } else {
      unroll<size>([&](auto i) LAZULITE_INLINE_LAMBDA { transformed[i] = zero(); });
    }
    unroll<size>([&](auto i) LAZULITE_INLINE_LAMBDA {
      store(transformed[i], half + (i * size + q) * lanes);
    });
  }
  for (int i = 0; i < size; ++i) {
    FloatVec values[size], transformed[size];
    unroll<size>([&](auto j)
                     LAZULITE_INLINE_LAMBDA { values[j] = load(half + (i * size + j) * lanes); });
    transform_input(values, transformed);
    unroll<size>([&](auto j) LAZULITE_INLINE_LAMBDA {
      store(transformed[j], to + (j * size + i) * point_stride);
    });
  }
}

template <int size>
HWY_NOINLINE void transform_input_block(const WinogradGeometry& geometry, const ConvShape& shape,
                                        const float* group, int64_t block, float* transformed) {
  const int64_t stride = geometry.point_stride(shape.c_in);
  for (int64_t channel = 0; channel < shape.c_in; ++channel) {
    const float* plane = group + channel * shape.h * shape.w * images_per_group;
    for (int64_t t = 0; t < geometry.tiles_in(block); ++t) {
      const int64_t index = block * tiles_per_block + t;
      const int64_t y = index / geometry.tiles_x * geometry.tile - shape.pad;
      const int64_t x = index % geometry.tiles_x * geometry.tile - shape.pad;
      float* to = transformed + channel * block_floats + t * images_per_group;
      for (int l = 0; l < images_per_group; l += lanes) {
        transform_input_tile<size>(plane + l, shape.h, shape.w, y, x, to + l, stride);
      }
    }
  }
}

// One tile of the gradient of the output; adds the gradients that begin in the tile to `sum`.
template <int tile, int size>
HWY_INLINE void transform_gradient_tile(const OutputGradient& gradient, int64_t plane, int64_t y,
                                        int64_t x, FloatVec& sum, float* to, int64_t point_stride) {
  HWY_ALIGN float values[gradient_patch<tile> * gradient_patch<tile> * lanes];
  const float* first = expand_gradient<tile>(gradient, plane, y, x, sum, values);
  HWY_ALIGN float rows[size * tile * lanes];
  for (int q = 0; q < tile; ++q) {
    FloatVec column[tile], transformed[size];
    unroll<tile>([&](auto r) LAZULITE_INLINE_LAMBDA {
      column[r] = load(first + (r * gradient_patch<tile> + q) * lanes);
    });
    transform_output_adjoint(column, transformed);
    unroll<size>([&](auto i) LAZULITE_INLINE_LAMBDA {
      store(transformed[i], rows + (i * tile + q) * lanes);
    });
  }
  for (int i = 0; i < size; ++i) {
    FloatVec row[tile], transformed[size];
    unroll<tile>([&](auto q)
                     LAZULITE_INLINE_LAMBDA { row[q] = load(rows + (i * tile + q) * lanes); });
    transform_output_adjoint(row, transformed);
    unroll<size>([&](auto j) LAZULITE_INLINE_LAMBDA {
      store(transformed[j], to + (j * size + i) * point_stride);
    });
  }
}

// Also adds each channel's gradients to channel_sums [channels], if it is not null.
template <int tile, int size>
HWY_NOINLINE void transform_gradient_block(const WinogradGeometry& geometry,
                                           const OutputGradient& gradient, int64_t group,
                                           int64_t block, float* transformed, float* channel_sums) {
  const int64_t stride = geometry.point_stride(gradient.channels);
  for (int64_t channel = 0; channel < gradient.channels; ++channel) {
    const int64_t plane =
        (group * gradient.channels + channel) * gradient.height * gradient.width * images_per_group;
    FloatVec sum = zero();
    for (int64_t t = 0; t < geometry.tiles_in(block); ++t) {
      const int64_t index = block * tiles_per_block + t;
      const int64_t y = index / geometry.tiles_x * tile, x = index % geometry.tiles_x * tile;
      float* to = transformed + channel * block_floats + t * images_per_group;
      for (int l = 0; l < images_per_group; l += lanes) {
        transform_gradient_tile<tile, size>(gradient, plane + l, y, x, sum, to + l, stride);
      }
    }
    if (channel_sums != nullptr)
      channel_sums[channel] += hn::GetLane(hn::SumOfLanes(FloatTag(), sum));
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace lazulite::cpu
HWY_AFTER_NAMESPACE();

#endif
