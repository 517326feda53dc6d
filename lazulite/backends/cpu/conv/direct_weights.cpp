#include "lazulite/backends/cpu/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lazulite/backends/cpu/conv/direct_weights.cpp"
#include <cstring>

#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "lazulite/backends/cpu/conv/direct.h"
#include "lazulite/backends/cpu/conv/geometry.h"
#include "lazulite/backends/cpu/conv/gradient-inl.h"

HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu {
namespace HWY_NAMESPACE {
namespace {

// Writes the gradients of one part of the output channels side by side, [y][x][channel][image], and
// adds them to bias_sums [channel][image].
template <int channels>
void expand_part(const OutputGradient& gradient, const ConvShape& shape, int64_t group,
                 int64_t part, float* expanded, float* bias_sums) {
  const int64_t used = std::min<int64_t>(channels, shape.c_out - part * channels);
  const int64_t column = channels * images_per_group, row = shape.out_w() * column;
  for (int64_t c = 0; c < used; ++c) {
    const int64_t plane = (group * shape.c_out + part * channels + c) * gradient.height;
    for (int l = 0; l < images_per_group; l += lanes) {
      FloatVec sum = load(bias_sums + c * images_per_group + l);
      for (int64_t y = 0; y < gradient.height; ++y) {
        for (int64_t x = 0; x < gradient.width; ++x) {
          const int64_t at = ((plane + y) * gradient.width + x) * images_per_group + l;
          float* to = expanded + c * images_per_group + l;
          if (!gradient.pool) {
            FloatVec part_of[1];
            load_window(gradient, at, part_of);
            store(part_of[0], to + y * row + x * column);
            sum = hn::Add(sum, part_of[0]);
            continue;
          }
          FloatVec parts[4];
          load_window(gradient, at, parts);
          to += 2 * y * row + 2 * x * column;
          store(parts[0], to);
          store(parts[1], to + column);
          store(parts[2], to + row);
          store(parts[3], to + row + column);
          sum = hn::Add(sum, hn::Add(hn::Add(parts[0], parts[1]), hn::Add(parts[2], parts[3])));
        }
      }
      store(sum, bias_sums + c * images_per_group + l);
    }
  }
}

// Copies a plane of the input with zero columns at its sides.
void stage_plane(const ConvShape& shape, const float* plane, float* staged) {
  const int64_t side = shape.pad * images_per_group, row = shape.w * images_per_group;
  for (int64_t y = 0; y < shape.h; ++y, plane += row) {
    std::memset(staged, 0, side * sizeof(float));
    std::memcpy(staged + side, plane, row * sizeof(float));
    std::memset(staged + side + row, 0, side * sizeof(float));
    staged += row + 2 * side;
  }
}

// Adds to sums [tap][channel][image] the products of `taps` neighbouring taps of kernel row ky.
template <int channels, int taps>
HWY_INLINE void correlate(const ConvShape& shape, const float* staged, const float* expanded,
                          int64_t ky, int64_t kx, float* sums) {
  const int64_t width = shape.w + 2 * shape.pad;
  const int64_t begin = std::max<int64_t>(0, shape.pad - ky);
  const int64_t end = std::min(shape.out_h(), shape.h + shape.pad - ky);
  for (int l = 0; l < images_per_group; l += lanes) {
    FloatVec sum[taps * channels];
    unroll<taps * channels>(
        [&](auto i) LAZULITE_INLINE_LAMBDA { sum[i] = load(sums + i * images_per_group + l); });
    for (int64_t y = begin; y < end; ++y) {
      const float* x = staged + ((y + ky - shape.pad) * width + kx) * images_per_group + l;
      const float* g = expanded + y * shape.out_w() * channels * images_per_group + l;
      for (int64_t column = 0; column < shape.out_w(); ++column) {
        FloatVec values[taps];
        unroll<taps>([&](auto t)
                         LAZULITE_INLINE_LAMBDA { values[t] = load(x + t * images_per_group); });
        unroll<channels>([&](auto c) LAZULITE_INLINE_LAMBDA {
          const FloatVec gradient = load(g + c * images_per_group);
          unroll<taps>([&](auto t) LAZULITE_INLINE_LAMBDA {
            sum[t * channels + c] = hn::MulAdd(gradient, values[t], sum[t * channels + c]);
          });
        });
        x += images_per_group;
        g += channels * images_per_group;
      }
    }
    unroll<taps * channels>(
        [&](auto i) LAZULITE_INLINE_LAMBDA { store(sum[i], sums + i * images_per_group + l); });
  }
}

template <int channels>
void correlate_row(const ConvShape& shape, const float* staged, const float* expanded, int64_t ky,
                   float* sums) {
  constexpr int most = many_registers ? 5 : 2;
  for (int64_t kx = 0; kx < shape.kernel; kx += most) {
    const int64_t left = shape.kernel - kx;
    const auto run = left >= most ? correlate<channels, most>
                                  : many_registers && left == 4 ? correlate < channels,
               many_registers ? 4 : 1 > : many_registers && left == 3 ? correlate < channels,
               many_registers ? 3 : 1 >
: left == 2 ? correlate<channels, 2>
            : correlate<channels, 1>;
    run(shape, staged, expanded, ky, kx, sums + kx * channels * images_per_group);
  }
}

template <int channels>
void weight_gradient_of(const ConvPlan& plan, const float* input, const OutputGradient& gradient,
                        int64_t part, int64_t begin, int64_t end, float* part_gradient,
                        float* scratch) {
  const ConvShape& shape = plan.shape;
  const int64_t taps = shape.kernel * shape.kernel;
  const int64_t plane_floats = shape.h * shape.w * images_per_group;
  float* sums = scratch;
  float* bias_sums = sums + shape.c_in * taps * channels * images_per_group;
  float* staged = bias_sums + channels * images_per_group;
  float* expanded = staged + shape.h * (shape.w + 2 * shape.pad) * images_per_group;
  std::memset(sums, 0, (staged - sums) * sizeof(float));
  // Channels too many, and what a pool leaves out, stay zero.
  std::memset(expanded, 0,
              shape.out_h() * shape.out_w() * channels * images_per_group * sizeof(float));
  for (int64_t group = begin; group < end; ++group) {
    expand_part<channels>(gradient, shape, group, part, expanded, bias_sums);
    if (input == nullptr) continue;
    for (int64_t k = 0; k < shape.c_in; ++k) {
      stage_plane(shape, input + (group * shape.c_in + k) * plane_floats, staged);
      for (int64_t ky = 0; ky < shape.kernel; ++ky) {
        correlate_row<channels>(
            shape, staged, expanded, ky,
            sums + (k * taps + ky * shape.kernel) * channels * images_per_group);
      }
    }
  }
  const auto total = [&](const float* from) HWY_ATTR {
    FloatVec sum = load(from);
    for (int l = lanes; l < images_per_group; l += lanes) sum = hn::Add(sum, load(from + l));
    return hn::GetLane(hn::SumOfLanes(FloatTag(), sum));
  };
  for (int64_t c = 0; c < channels; ++c) {
    for (int64_t k = 0; k < shape.c_in * taps; ++k) {
      *part_gradient++ = total(sums + (k * channels + c) * images_per_group);
    }
  }
  for (int64_t c = 0; c < channels; ++c) {
    *part_gradient++ = total(bias_sums + c * images_per_group);
  }
}

void weight_gradient(const ConvPlan& plan, const float* input, const OutputGradient& gradient,
                     int64_t part, int64_t begin, int64_t end, float* part_gradient,
                     float* scratch) {
  const auto run =
      channels_per_part(plan.shape.c_out) == 5 ? weight_gradient_of<5> : weight_gradient_of<4>;
  run(plan, input, gradient, part, begin, end, part_gradient, scratch);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace lazulite::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lazulite::cpu {

HWY_EXPORT(weight_gradient);

int64_t direct_part_floats(const ConvPlan& plan) {
  const ConvShape& shape = plan.shape;
  return channels_per_part(shape.c_out) * (shape.c_in * shape.kernel * shape.kernel + 1);
}

int64_t direct_weight_gradient_scratch(const ConvPlan& plan) {
  const ConvShape& shape = plan.shape;
  return images_per_group * (direct_part_floats(plan) + shape.h * (shape.w + 2 * shape.pad) +
                             shape.out_h() * shape.out_w() * channels_per_part(shape.c_out));
}

void direct_weight_gradient(const ConvPlan& plan, const float* input,
                            const OutputGradient& gradient, int64_t part, int64_t begin,
                            int64_t end, float* part_gradient, float* scratch) {
  HWY_DYNAMIC_DISPATCH(weight_gradient)
  (plan, input, gradient, part, begin, end, part_gradient, scratch);
}

void direct_prepare_weights(const ConvPlan& plan, bool backward, const float* weights,
                            int64_t first_part, int64_t end_part, float* prepared) {
  const ConvShape& shape = plan.shape;
  const int64_t taps = shape.kernel * shape.kernel;
  const int64_t depth = backward ? shape.c_out : shape.c_in;
  const int64_t count = backward ? shape.c_in : shape.c_out;
  const int channels = channels_per_part(count);
  float* to = prepared + first_part * depth * taps * channels;
  for (int64_t part = first_part; part < end_part; ++part) {
    for (int64_t k = 0; k < depth; ++k) {
      for (int64_t tap = 0; tap < taps; ++tap) {
        for (int64_t c = part * channels; c < (part + 1) * channels; ++c) {
          const int64_t out = backward ? k : c, in = backward ? c : k;
          const int64_t from = backward ? taps - 1 - tap : tap;
          *to++ = c < count ? weights[(out * taps + from) * shape.c_in + in] : 0;
        }
      }
    }
  }
}

}  // namespace lazulite::cpu
#endif
