#include "lazulite/backends/cpu/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lazulite/backends/cpu/conv/image_winograd.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "lazulite/backends/cpu/conv/image-inl.h"
#include "lazulite/backends/cpu/conv/image_band.h"
#include "lazulite/backends/cpu/conv/winograd_transforms-inl.h"

HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu {
namespace HWY_NAMESPACE {
namespace {

HWY_INLINE FloatVec load_unaligned(const float* from) { return hn::LoadU(FloatTag(), from); }

// Transforms the tiles of a band: [point][tile][channel]. Along the columns a whole row of pixels
// is done at once, whatever its channels.
template <int size>
void transform_band(const ImageBand& band, const ConvShape& shape, int64_t tile_rows,
                    float* scratch) {
  const int64_t tile = band.geometry.tile, tiles_x = band.geometry.tiles_x;
  const int64_t pixels = band.columns * shape.c_in;
  float* half = scratch + band.half;
  for (int64_t row = 0; row < tile_rows; ++row) {
    const float* staged = scratch + band.staged + row * tile * pixels;
    for (int64_t f = 0; f < pixels; f += lanes) {
      FloatVec values[size], transformed[size];
      unroll<size>([&](auto i) LAZULITE_INLINE_LAMBDA {
        values[i] = load_unaligned(staged + i * pixels + f);
      });
      transform_input(values, transformed);
      unroll<size>([&](auto i) LAZULITE_INLINE_LAMBDA {
        store(transformed[i], half + i * band.row_floats + f);
      });
    }
    for (int i = 0; i < size; ++i) {
      for (int64_t x = 0; x < tiles_x; ++x) {
        const float* from = half + i * band.row_floats + x * tile * shape.c_in;
        float* to =
            scratch + band.transformed + (i * band.tiles + row * tiles_x + x) * band.tile_floats;
        for (int64_t c = 0; c < shape.c_in; c += lanes) {
          FloatVec values[size], transformed[size];
          unroll<size>([&](auto j) LAZULITE_INLINE_LAMBDA {
            values[j] = load_unaligned(from + j * shape.c_in + c);
          });
          transform_input(values, transformed);
          unroll<size>([&](auto j) LAZULITE_INLINE_LAMBDA {
            store(transformed[j], to + j * size * band.tiles * band.tile_floats + c);
          });
        }
      }
    }
  }
}

// to [4][vectors] = the products of four tiles with the weights of one point.
template <int vectors>
HWY_INLINE void multiply_tiles(const float* HWY_RESTRICT tiles, int64_t tile_floats,
                               const float* HWY_RESTRICT weights, int64_t weight_stride,
                               int64_t depth, float* HWY_RESTRICT to) {
  FloatVec sums[4 * vectors];
  unroll<4 * vectors>([&](auto i) LAZULITE_INLINE_LAMBDA { sums[i] = zero(); });
  for (int64_t k = 0; k < depth; ++k, weights += weight_stride) {
    FloatVec w[vectors];
    unroll<vectors>([&](auto v) LAZULITE_INLINE_LAMBDA { w[v] = load(weights + v * lanes); });
    unroll<4>([&](auto t) LAZULITE_INLINE_LAMBDA {
      const FloatVec value = hn::Set(FloatTag(), tiles[t * tile_floats + k]);
      unroll<vectors>([&](auto v) LAZULITE_INLINE_LAMBDA {
        sums[t * vectors + v] = hn::MulAdd(value, w[v], sums[t * vectors + v]);
      });
    });
  }
  unroll<4 * vectors>([&](auto i) LAZULITE_INLINE_LAMBDA { store(sums[i], to + i * lanes); });
}

template <int tile, int size, int vectors>
HWY_NOINLINE void multiply_band(const ImageBand& band, const ImageCall& call, int64_t first_row,
                                int64_t tile_rows, int64_t first_vector, float* scratch) {
  const int64_t c_in = call.plan.shape.c_in, channels = image_channels(call.plan);
  const int64_t tiles_x = band.geometry.tiles_x, tiles = tile_rows * tiles_x;
  const int64_t stride = band.tiles * vectors * lanes;
  float* products = scratch + band.products;
  float* half = scratch + band.half_products;
  float* results = scratch + band.results;
  for (int j = 0; j < size; ++j) {
    for (int i = 0; i < size; ++i) {
      const int64_t point = j * size + i;
      const float* from = scratch + band.transformed + point * band.tiles * band.tile_floats;
      const float* weights = call.weights + point * c_in * channels + first_vector * lanes;
      for (int64_t t = 0; t < tiles; t += 4) {
        multiply_tiles<vectors>(from + t * band.tile_floats, band.tile_floats, weights, channels,
                                c_in, products + i * stride + t * vectors * lanes);
      }
    }
    for (int64_t f = 0; f < tiles * vectors * lanes; f += lanes) {
      FloatVec values[size], y[tile];
      unroll<size>([&](auto i)
                       LAZULITE_INLINE_LAMBDA { values[i] = load(products + i * stride + f); });
      transform_output(values, y);
      unroll<tile>([&](auto r)
                       LAZULITE_INLINE_LAMBDA { store(y[r], half + (j * tile + r) * stride + f); });
    }
  }
  for (int64_t t = 0; t < tiles; ++t) {
    for (int r = 0; r < tile; ++r) {
      const int64_t y = t / tiles_x * tile + r, x = t % tiles_x * tile;
      for (int v = 0; v < vectors; ++v) {
        const int64_t at = (t * vectors + v) * lanes;
        FloatVec values[size], row[tile];
        unroll<size>([&](auto j) LAZULITE_INLINE_LAMBDA {
          values[j] = load(half + (j * tile + r) * stride + at);
        });
        transform_output(values, row);
        unroll<tile>([&](auto q) LAZULITE_INLINE_LAMBDA {
          store(row[q], results + ((y * tiles_x * tile + x + q) * vectors + v) * lanes);
        });
      }
    }
  }
  finish_band<vectors>(call.epilogue, results, first_row * tile, tile_rows * tile, tiles_x * tile,
                       first_vector);
}

template <int tile, int size>
void run_items(const ImageCall& call, int64_t begin, int64_t end, float* scratch) {
  const ConvShape& shape = call.plan.shape;
  const ImageBands bands(call.plan);
  const ImageBand band(call.plan);
  int64_t transformed = -1;
  for (int64_t item = begin; item < end; ++item) {
    const int64_t index = item / bands.slices, first_row = index * bands.rows_per_band;
    if (transformed != index) {
      transformed = index;
      stage_image(shape, call.image, first_row * tile - shape.pad,
                  bands.rows(index) * tile + shape.kernel - 1, band.columns, scratch + band.staged);
      transform_band<size>(band, shape, bands.rows(index), scratch);
    }
    const SliceVectors slice(call.plan, item % bands.slices, bands.slices);
    for (int64_t v = slice.first; v < slice.end; v += most_image_vectors) {
      with_vectors(std::min<int64_t>(most_image_vectors, slice.end - v),
                   [&](auto vectors) HWY_ATTR {
                     multiply_band<tile, size, vectors>(band, call, first_row, bands.rows(index), v,
                                                        scratch);
                   });
    }
  }
}

void winograd(const ImageCall& call, int64_t begin, int64_t end, float* scratch) {
  const auto run = call.plan.shape.kernel == 3 ? run_items<4, 6>
                   : call.plan.tile == 4       ? run_items<4, 8>
                                               : run_items<3, 7>;
  run(call, begin, end, scratch);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace lazulite::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lazulite::cpu {

HWY_EXPORT(winograd);

int64_t image_winograd_scratch(const ConvPlan& plan) { return ImageBand(plan).floats; }

void image_winograd(const ImageCall& call, int64_t begin, int64_t end, float* scratch) {
  HWY_DYNAMIC_DISPATCH(winograd)(call, begin, end, scratch);
}

}  // namespace lazulite::cpu
#endif
