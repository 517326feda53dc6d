#include "lazulite/backends/cpu/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lazulite/backends/cpu/conv/winograd_forward.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "lazulite/backends/cpu/conv/epilogue-inl.h"
#include "lazulite/backends/cpu/conv/products-inl.h"
#include "lazulite/backends/cpu/conv/winograd.h"
#include "lazulite/backends/cpu/conv/winograd_tiles-inl.h"

HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu {
namespace HWY_NAMESPACE {
namespace {

struct Scratch {
  Scratch(const WinogradGeometry& geometry, const ConvShape& shape, float* start)
      : transformed(start),
        products(transformed + geometry.block_stride(shape.c_in)),
        columns(products + geometry.size * geometry.part_stride),
        patch(columns + geometry.size * geometry.tile * geometry.part_stride) {}

  float *transformed, *products, *columns, *patch;
};

// Multiplies one part of the output channels, and transforms the products back along the columns
// while they lie in the L1 cache: columns [j][row of the tile][channel][tile][image].
template <int tile, int size>
HWY_INLINE void multiply_part(const WinogradGeometry& geometry, int64_t c_in, int channels,
                              int64_t floats, const float* weights, const Scratch& scratch) {
  constexpr int64_t stride = WinogradGeometry::part_stride;
  for (int j = 0; j < size; ++j) {
    for (int i = 0; i < size; ++i) {
      const int64_t point = j * size + i;
      const float* rows = scratch.transformed + point * geometry.point_stride(c_in);
      const float* at_point = weights + point * c_in * channels;
      float* to = scratch.products + i * stride;
      if (channels == 5) {
        multiply_rows<5>(rows, at_point, c_in, floats, to);
      } else {
        multiply_rows<4>(rows, at_point, c_in, floats, to);
      }
    }
    for (int channel = 0; channel < channels; ++channel) {
      for (int64_t f = 0; f < floats; f += lanes) {
        const int64_t at = channel * block_floats + f;
        FloatVec values[size], y[tile];
        unroll<size>([&](auto i) LAZULITE_INLINE_LAMBDA {
          values[i] = load(scratch.products + i * stride + at);
        });
        transform_output(values, y);
        unroll<tile>([&](auto r) LAZULITE_INLINE_LAMBDA {
          store(y[r], scratch.columns + (j * tile + r) * stride + at);
        });
      }
    }
  }
}

// Transforms one tile of one channel back along its rows; `to` is its first element.
template <int tile, int size>
HWY_INLINE void finish_tile(const float* columns, float* to, int64_t row_floats) {
  constexpr int64_t stride = WinogradGeometry::part_stride;
  for (int r = 0; r < tile; ++r) {
    for (int l = 0; l < images_per_group; l += lanes) {
      FloatVec values[size], y[tile];
      unroll<size>([&](auto j) LAZULITE_INLINE_LAMBDA {
        values[j] = load(columns + (j * tile + r) * stride + l);
      });
      transform_output(values, y);
      unroll<tile>([&](auto q) LAZULITE_INLINE_LAMBDA {
        store(y[q], to + r * row_floats + q * images_per_group + l);
      });
    }
  }
}

template <int tile, int size>
HWY_NOINLINE void finish_channel(const WinogradGeometry& geometry, const Epilogue& epilogue,
                                 int64_t group, int64_t block, int64_t channel,
                                 const float* columns, float* patch) {
  const bool join = geometry.joins_tiles(epilogue.pool);
  const int64_t row_floats = (join ? geometry.tiles_x * tile : tile) * images_per_group;
  for (int64_t t = 0; t < geometry.tiles_in(block); ++t) {
    const int64_t index = block * tiles_per_block + t;
    const int64_t y = index / geometry.tiles_x * tile, x = index % geometry.tiles_x * tile;
    float* to = join ? patch + y * row_floats + x * images_per_group : patch;
    finish_tile<tile, size>(columns + t * images_per_group, to, row_floats);
    if (!join) finish_patch(epilogue, patch, row_floats, y, x, tile, tile, group, channel);
  }
  if (join) {
    finish_patch(epilogue, patch, row_floats, 0, 0, geometry.tiles_y * tile,
                 geometry.tiles_x * tile, group, channel);
  }
}

template <int tile, int size>
void forward_items(const ForwardCall& call, int64_t slices, int64_t begin, int64_t end,
                   float* start) {
  const ConvShape& shape = call.plan.shape;
  const WinogradGeometry geometry(call.plan);
  const Scratch scratch(geometry, shape, start);
  const int channels = channels_per_part(shape.c_out);
  const int64_t parts = parts_of(shape.c_out);
  int64_t transformed = -1;
  for (int64_t item = begin; item < end; ++item) {
    const int64_t slice = item % slices, block = item / slices % geometry.blocks;
    const int64_t group = item / slices / geometry.blocks;
    if (transformed != item / slices) {
      transformed = item / slices;
      transform_input_block<size>(
          geometry, shape, call.input + group * shape.c_in * shape.h * shape.w * images_per_group,
          block, scratch.transformed);
    }
    const int64_t floats = geometry.tiles_in(block) * images_per_group;
    for (int64_t part = parts * slice / slices; part < parts * (slice + 1) / slices; ++part) {
      multiply_part<tile, size>(geometry, shape.c_in, channels, floats,
                                call.weights + part * geometry.points * shape.c_in * channels,
                                scratch);
      for (int i = 0; i < channels && part * channels + i < shape.c_out; ++i) {
        finish_channel<tile, size>(geometry, call.epilogue, group, block, part * channels + i,
                                   scratch.columns + i * block_floats, scratch.patch);
      }
    }
  }
}

void forward(const ForwardCall& call, int64_t slices, int64_t begin, int64_t end, float* scratch) {
  if (call.plan.shape.kernel == 3) {
    forward_items<4, 6>(call, slices, begin, end, scratch);
  } else if (call.plan.tile == 4) {
    forward_items<4, 8>(call, slices, begin, end, scratch);
  } else {
    forward_items<3, 7>(call, slices, begin, end, scratch);
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace lazulite::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lazulite::cpu {

HWY_EXPORT(forward);

int64_t winograd_forward_scratch(const ConvPlan& plan) {
  const WinogradGeometry geometry(plan);
  return geometry.block_stride(plan.shape.c_in) +
         geometry.size * (1 + geometry.tile) * geometry.part_stride +
         geometry.tile * geometry.tile * block_floats;
}

void winograd_forward(const ForwardCall& call, int64_t slices, int64_t begin, int64_t end,
                      float* scratch) {
  HWY_DYNAMIC_DISPATCH(forward)(call, slices, begin, end, scratch);
}

}  // namespace lazulite::cpu
#endif
