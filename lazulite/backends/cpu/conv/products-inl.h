#if defined(LAZULITE_BACKENDS_CPU_CONV_PRODUCTS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef LAZULITE_BACKENDS_CPU_CONV_PRODUCTS_INL_H_
#undef LAZULITE_BACKENDS_CPU_CONV_PRODUCTS_INL_H_
#else
#define LAZULITE_BACKENDS_CPU_CONV_PRODUCTS_INL_H_
#endif

#include <algorithm>

#include "lazulite/backends/cpu/conv/geometry.h"
#include "lazulite/backends/cpu/conv/vectors-inl.h"

// The two matrix products of a point of Winograd's convolution, for one block of tiles. A row is
// one channel: block_floats floats, of which `floats` are in use.
HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu {
namespace HWY_NAMESPACE {

template <int channels, int vectors>
HWY_INLINE void multiply_columns(const float* HWY_RESTRICT rows, const float* HWY_RESTRICT weights,
                                 int64_t depth, float* HWY_RESTRICT out) {
  FloatVec sums[channels * vectors];
  unroll<channels * vectors>([&](auto i) LAZULITE_INLINE_LAMBDA { sums[i] = zero(); });
  for (int64_t k = 0; k < depth; ++k, rows += block_floats, weights += channels) {
    FloatVec x[vectors];
    unroll<vectors>([&](auto v) LAZULITE_INLINE_LAMBDA { x[v] = load(rows + v * lanes); });
    unroll<channels>([&](auto c) LAZULITE_INLINE_LAMBDA {
      const FloatVec weight = hn::Set(FloatTag(), weights[c]);
      unroll<vectors>([&](auto v) LAZULITE_INLINE_LAMBDA {
        sums[c * vectors + v] = hn::MulAdd(x[v], weight, sums[c * vectors + v]);
      });
    });
  }
  unroll<channels>([&](auto c) LAZULITE_INLINE_LAMBDA {
    unroll<vectors>([&](auto v) LAZULITE_INLINE_LAMBDA {
      store(sums[c * vectors + v], out + c * block_floats + v * lanes);
    });
  });
}

// out[c] = the sum over k of weights[k][c] * rows[k].
template <int channels>
HWY_NOINLINE void multiply_rows(const float* rows, const float* weights, int64_t depth,
                                int64_t floats, float* out) {
  constexpr int most = many_registers ? 4 : 2;
  for (int64_t f = 0; f < floats; f += most * lanes) {
    const int64_t left = (floats - f) / lanes;
    if (left >= most) {
      multiply_columns<channels, most>(rows + f, weights, depth, out + f);
    } else if (many_registers && left == 3) {
      multiply_columns<channels, many_registers ? 3 : 1>(rows + f, weights, depth, out + f);
    } else if (many_registers && left == 2) {
      multiply_columns<channels, 2>(rows + f, weights, depth, out + f);
    } else {
      multiply_columns<channels, 1>(rows + f, weights, depth, out + f);
    }
  }
}

// sums[o][i] (+)= the sum over blocks and their floats of x[i] * y[o], for the rows of four input
// and four output channels. Blocks have `length` floats in use, but the last one `last_length`.
template <bool accumulate>
HWY_INLINE void correlate_rows(const float* const (&x)[4], const float* const (&y)[4],
                               int64_t length, int64_t last_length, int64_t blocks,
                               int64_t x_stride, int64_t y_stride, float* sums) {
  constexpr int outputs = many_registers ? 4 : 2;
  unroll<4 / outputs>([&](auto part) LAZULITE_INLINE_LAMBDA {
    FloatVec total[4 * outputs];
    unroll<4 * outputs>([&](auto i) LAZULITE_INLINE_LAMBDA { total[i] = zero(); });
    for (int64_t block = 0; block < blocks; ++block) {
      const int64_t x_block = block * x_stride, y_block = block * y_stride;
      const int64_t floats = block + 1 < blocks ? length : last_length;
      for (int64_t f = 0; f < floats; f += lanes) {
        FloatVec row[4];
        unroll<4>([&](auto i) LAZULITE_INLINE_LAMBDA { row[i] = load(x[i] + x_block + f); });
        unroll<outputs>([&](auto o) LAZULITE_INLINE_LAMBDA {
          const FloatVec value = load(y[part * outputs + o] + y_block + f);
          unroll<4>([&](auto i) LAZULITE_INLINE_LAMBDA {
            total[o * 4 + i] = hn::MulAdd(row[i], value, total[o * 4 + i]);
          });
        });
      }
    }
    unroll<4 * outputs / lanes>([&](auto v) LAZULITE_INLINE_LAMBDA {
      FloatVec some[lanes];
      unroll<lanes>([&](auto i) LAZULITE_INLINE_LAMBDA { some[i] = total[v * lanes + i]; });
      float* to = sums + part * outputs * 4 + v * lanes;
      const FloatVec sum = sum_lanes(some);
      store(accumulate ? hn::Add(load(to), sum) : sum, to);
    });
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace lazulite::cpu
HWY_AFTER_NAMESPACE();

#endif
