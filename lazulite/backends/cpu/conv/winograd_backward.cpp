#include "lazulite/backends/cpu/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lazulite/backends/cpu/conv/winograd_backward.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "lazulite/backends/cpu/conv/products-inl.h"
#include "lazulite/backends/cpu/conv/winograd.h"
#include "lazulite/backends/cpu/conv/winograd_tiles-inl.h"

HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu {
namespace HWY_NAMESPACE {
namespace {

constexpr int64_t cached_floats = 6144;  // half of a small L1 cache

// Multiplies one part of the input channels, and transforms the products along the columns:
// columns [row of the tile][j][channel][tile][image].
template <int size>
HWY_INLINE void multiply_part(const WinogradGeometry& geometry, int64_t c_out, int channels,
                              int64_t floats, const float* transformed, const float* weights,
                              float* products, float* columns) {
  constexpr int64_t stride = WinogradGeometry::part_stride;
  for (int j = 0; j < size; ++j) {
    for (int i = 0; i < size; ++i) {
      const int64_t point = j * size + i;
      const float* rows = transformed + point * geometry.point_stride(c_out);
      const float* at_point = weights + point * c_out * channels;
      if (channels == 5) {
        multiply_rows<5>(rows, at_point, c_out, floats, products + i * stride);
      } else {
        multiply_rows<4>(rows, at_point, c_out, floats, products + i * stride);
      }
    }
    for (int channel = 0; channel < channels; ++channel) {
      for (int64_t f = 0; f < floats; f += lanes) {
        const int64_t at = channel * block_floats + f;
        FloatVec values[size], x[size];
        unroll<size>([&](auto i)
                         LAZULITE_INLINE_LAMBDA { values[i] = load(products + i * stride + at); });
        transform_input_adjoint(values, x);
        unroll<size>([&](auto r) LAZULITE_INLINE_LAMBDA {
          store(x[r], columns + (r * size + j) * stride + at);
        });
      }
    }
  }
}

// Tiles overlap in the input: adds one tile to a channel's plane, at (y, x).
template <int size>
HWY_NOINLINE void add_tile(const ConvShape& shape, const float* columns, int64_t y, int64_t x,
                           float* plane) {
  constexpr int64_t stride = WinogradGeometry::part_stride;
  for (int r = 0; r < size; ++r) {
    if (y + r < 0 || y + r >= shape.h) continue;
    float* row = plane + ((y + r) * shape.w + x) * images_per_group;
    for (int l = 0; l < images_per_group; l += lanes) {
      FloatVec values[size], sums[size];
      unroll<size>([&](auto j) LAZULITE_INLINE_LAMBDA {
        values[j] = load(columns + (r * size + j) * stride + l);
      });
      transform_input_adjoint(values, sums);
      unroll<size>([&](auto q) LAZULITE_INLINE_LAMBDA {
        if (x + q >= 0 && x + q < shape.w) {
          float* to = row + q * images_per_group + l;
          store(hn::Add(load(to), sums[q]), to);
        }
      });
    }
  }
}

template <int size>
void input_gradient_of(const ConvPlan& plan, const float* transformed, const float* weights,
                       int64_t group, int64_t block, int64_t begin, int64_t end,
                       float* input_gradient, float* scratch) {
  const ConvShape& shape = plan.shape;
  const WinogradGeometry geometry(plan);
  const int channels = channels_per_part(shape.c_in);
  const int64_t tiles = geometry.tiles_in(block);
  float* products = scratch;
  float* columns = products + size * WinogradGeometry::part_stride;
  for (int64_t part = begin; part < end; ++part) {
    multiply_part<size>(geometry, shape.c_out, channels, tiles * images_per_group, transformed,
                        weights + part * geometry.points * shape.c_out * channels, products,
                        columns);
    for (int i = 0; i < channels && part * channels + i < shape.c_in; ++i) {
      const int64_t channel = group * shape.c_in + part * channels + i;
      float* plane = input_gradient + channel * shape.h * shape.w * images_per_group;
      for (int64_t t = 0; t < tiles; ++t) {
        const int64_t index = block * tiles_per_block + t;
        add_tile<size>(shape, columns + i * block_floats + t * images_per_group,
                       index / geometry.tiles_x * geometry.tile - shape.pad,
                       index % geometry.tiles_x * geometry.tile - shape.pad, plane);
      }
    }
  }
}

void input_gradient(const ConvPlan& plan, const float* transformed, const float* weights,
                    int64_t group, int64_t block, int64_t begin, int64_t end, float* input_gradient,
                    float* scratch) {
  const int64_t size = plan.tile + plan.shape.kernel - 1;
  const auto run = size == 6   ? input_gradient_of<6>
                   : size == 7 ? input_gradient_of<7>
                               : input_gradient_of<8>;
  run(plan, transformed, weights, group, block, begin, end, input_gradient, scratch);
}

void transform_gradient(const ConvPlan& plan, const OutputGradient& gradient, int64_t group,
                        int64_t block, float* transformed, float* channel_sums) {
  const int64_t size = plan.tile + plan.shape.kernel - 1;
  const auto run = size == 6   ? transform_gradient_block<4, 6>
                   : size == 7 ? transform_gradient_block<3, 7>
                               : transform_gradient_block<4, 8>;
  run(WinogradGeometry(plan), gradient, group, block, transformed, channel_sums);
}

void transform_input_of(const ConvPlan& plan, const float* input, int64_t group, int64_t block,
                        float* transformed) {
  const ConvShape& shape = plan.shape;
  const int64_t size = plan.tile + shape.kernel - 1;
  const auto run = size == 6   ? transform_input_block<6>
                   : size == 7 ? transform_input_block<7>
                               : transform_input_block<8>;
  run(WinogradGeometry(plan), shape,
      input + group * shape.c_in * shape.h * shape.w * images_per_group, block, transformed);
}

void point_gradient(const ConvPlan& plan, const float* input, const float* gradient, int64_t length,
                    int64_t last_length, int64_t blocks, int64_t begin, int64_t end,
                    bool accumulate, float* sums) {
  const ConvShape& shape = plan.shape;
  const WinogradGeometry geometry(plan);
  const int64_t fours_in = divide_up(shape.c_in, 4), fours_out = divide_up(shape.c_out, 4);
  // As many rows of the input as stay in the L1 cache while those of the gradient pass by.
  const int64_t run_in = std::max<int64_t>(1, cached_floats / (blocks * 4 * block_floats));
  const auto correlate = accumulate ? correlate_rows<true> : correlate_rows<false>;
  for (int64_t point = begin; point < end; ++point) {
    const float* x = input + point * geometry.point_stride(shape.c_in);
    const float* y = gradient + point * geometry.point_stride(shape.c_out);
    for (int64_t first_in = 0; first_in < fours_in; first_in += run_in) {
      const int64_t end_in = std::min(fours_in, first_in + run_in);
      for (int64_t out = 0; out < fours_out; ++out) {
        for (int64_t in = first_in; in < end_in; ++in) {
          const float* rows_x[4];
          const float* rows_y[4];
          for (int64_t i = 0; i < 4; ++i) {
            // What a channel too many gives is never read.
            rows_x[i] = x + std::min(in * 4 + i, shape.c_in - 1) * block_floats;
            rows_y[i] = y + std::min(out * 4 + i, shape.c_out - 1) * block_floats;
          }
          correlate(rows_x, rows_y, length, last_length, blocks, geometry.block_stride(shape.c_in),
                    geometry.block_stride(shape.c_out),
                    sums + ((point * fours_out + out) * fours_in + in) * 16);
        }
      }
    }
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace lazulite::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lazulite::cpu {

HWY_EXPORT(input_gradient);
HWY_EXPORT(transform_gradient);
HWY_EXPORT(transform_input_of);
HWY_EXPORT(point_gradient);

int64_t winograd_input_gradient_scratch(const ConvPlan& plan) {
  const WinogradGeometry geometry(plan);
  return geometry.size * (1 + geometry.size) * geometry.part_stride;
}

void winograd_input_gradient(const ConvPlan& plan, const float* transformed, const float* weights,
                             int64_t group, int64_t block, int64_t begin, int64_t end,
                             float* gradient, float* scratch) {
  HWY_DYNAMIC_DISPATCH(input_gradient)
  (plan, transformed, weights, group, block, begin, end, gradient, scratch);
}

void winograd_transform_gradient(const ConvPlan& plan, const OutputGradient& gradient,
                                 int64_t group, int64_t block, float* transformed,
                                 float* channel_sums) {
  HWY_DYNAMIC_DISPATCH(transform_gradient)
  (plan, gradient, group, block, transformed, channel_sums);
}

void winograd_transform_input(const ConvPlan& plan, const float* input, int64_t group,
                              int64_t block, float* transformed) {
  HWY_DYNAMIC_DISPATCH(transform_input_of)(plan, input, group, block, transformed);
}

int64_t winograd_point_gradient_floats(const ConvPlan& plan) {
  return WinogradGeometry(plan).points * divide_up(plan.shape.c_in, 4) *
         divide_up(plan.shape.c_out, 4) * 16;
}

void winograd_point_gradient(const ConvPlan& plan, const float* input, const float* gradient,
                             int64_t length, int64_t last_length, int64_t blocks, int64_t begin,
                             int64_t end, bool accumulate, float* sums) {
  HWY_DYNAMIC_DISPATCH(point_gradient)
  (plan, input, gradient, length, last_length, blocks, begin, end, accumulate, sums);
}

}  // namespace lazulite::cpu
#endif
