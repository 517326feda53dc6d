#include "lazulite/backends/cpu/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lazulite/backends/cpu/conv/winograd_weights.cpp"
#include <cstring>

#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "lazulite/backends/cpu/conv/geometry.h"
#include "lazulite/backends/cpu/conv/vectors-inl.h"
#include "lazulite/backends/cpu/conv/winograd.h"
#include "lazulite/backends/cpu/conv/winograd_points.h"

HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu {
namespace HWY_NAMESPACE {
namespace {

// Where the weights of consecutive (depth, channel) pairs of a part lie; zero where the part has
// channels too many.
struct Offsets {
  Offsets(const ConvShape& shape, bool backward, int channels, int64_t part, int64_t first) {
    const int64_t out_stride = shape.kernel * shape.kernel * shape.c_in;
    const int64_t depth = backward ? shape.c_out : shape.c_in;
    const int64_t count = backward ? shape.c_in : shape.c_out;
    for (int l = 0; l < lanes; ++l) {
      const int64_t k = (first + l) / channels;
      const int64_t channel = part * channels + (first + l) % channels;
      const bool exists = k < depth && channel < count;
      const int64_t offset = backward ? k * out_stride + channel : channel * out_stride + k;
      offset_[l] = exists ? static_cast<int32_t>(offset) : 0;
      exists_[l] = exists ? -1 : 0;
    }
  }

  HWY_INLINE FloatVec gather(const float* weights) const {
    const hn::RebindToSigned<FloatTag> index_tag;
    const auto values = hn::GatherIndex(FloatTag(), weights, hn::Load(index_tag, offset_));
    const auto exists = hn::Load(index_tag, exists_);
    return hn::IfThenElseZero(hn::MaskFromVec(hn::BitCast(FloatTag(), exists)), values);
  }

 private:
  HWY_ALIGN int32_t offset_[lanes];
  HWY_ALIGN int32_t exists_[lanes];
};

template <int size, int kernel>
void prepare_parts(const ConvPlan& plan, bool backward, const float* weights, int64_t first,
                   int64_t end, float* prepared) {
  constexpr auto matrix = winograd_weight_matrix<size, kernel>();
  const ConvShape& shape = plan.shape;
  const int channels = channels_per_part(backward ? shape.c_in : shape.c_out);
  const int64_t used = (backward ? shape.c_out : shape.c_in) * channels;
  for (int64_t part = first; part < end; ++part) {
    float* to = prepared + part * size * size * used;
    for (int64_t f = 0; f < used; f += lanes) {
      const Offsets offsets(shape, backward, channels, part, f);
      FloatVec columns[size][kernel];
      unroll<kernel>([&](auto kx) LAZULITE_INLINE_LAMBDA {
        FloatVec column[kernel];
        unroll<kernel>([&](auto ky) LAZULITE_INLINE_LAMBDA {
          column[ky] = offsets.gather(weights + (ky * kernel + kx) * shape.c_in);
        });
        unroll<size>([&](auto i) LAZULITE_INLINE_LAMBDA {
          FloatVec sum = hn::Mul(hn::Set(FloatTag(), matrix[i][0]), column[0]);
          unroll<kernel - 1>([&](auto k) LAZULITE_INLINE_LAMBDA {
            sum = hn::MulAdd(hn::Set(FloatTag(), matrix[i][k + 1]), column[k + 1], sum);
          });
          columns[i][kx] = sum;
        });
      });
      const int64_t count = std::min<int64_t>(lanes, used - f);
      for (int j = 0; j < size; ++j) {
        unroll<size>([&](auto i) LAZULITE_INLINE_LAMBDA {
          FloatVec sum = hn::Mul(hn::Set(FloatTag(), matrix[j][0]), columns[i][0]);
          unroll<kernel - 1>([&](auto k) LAZULITE_INLINE_LAMBDA {
            sum = hn::MulAdd(hn::Set(FloatTag(), matrix[j][k + 1]), columns[i][k + 1], sum);
          });
          float* at = to + (j * size + i) * used + f;
          if (count == lanes) {
            hn::StoreU(sum, FloatTag(), at);
          } else {
            HWY_ALIGN float rest[lanes];
            store(sum, rest);
            std::memcpy(at, rest, count * sizeof(float));
          }
        });
      }
    }
  }
}

void prepare(const ConvPlan& plan, bool backward, const float* weights, int64_t first, int64_t end,
             float* prepared) {
  const auto run = plan.shape.kernel == 3 ? prepare_parts<6, 3>
                   : plan.tile == 4       ? prepare_parts<8, 5>
                                          : prepare_parts<7, 5>;
  run(plan, backward, weights, first, end, prepared);
}

// The sum of the copies' gradients of one output channel: [point][c_in, rounded up].
void sum_points(const ConvPlan& plan, const float* gradients, int64_t copies, int64_t channel,
                int64_t row, float* sums) {
  const WinogradGeometry geometry(plan);
  const int64_t fours_in = divide_up(plan.shape.c_in, 4);
  const int64_t fours_out = divide_up(plan.shape.c_out, 4);
  const int64_t copy_floats = winograd_point_gradient_floats(plan);
  const hn::CappedTag<float, 4> d;
  for (int64_t point = 0; point < geometry.points; ++point) {
    const float* from =
        gradients + (point * fours_out + channel / 4) * fours_in * 16 + channel % 4 * 4;
    for (int64_t in = 0; in < fours_in; ++in) {
      auto sum = hn::Load(d, from + in * 16);
      for (int64_t copy = 1; copy < copies; ++copy) {
        sum = hn::Add(sum, hn::Load(d, from + copy * copy_floats + in * 16));
      }
      hn::Store(sum, d, sums + point * row + in * 4);
    }
  }
}

template <int size, int kernel>
void weight_gradient_of(const ConvPlan& plan, const float* gradients, int64_t copies, int64_t begin,
                        int64_t end, float* weight_gradient, float* sums) {
  constexpr auto matrix = winograd_weight_matrix<size, kernel>();
  const int64_t c_in = plan.shape.c_in, row = round_up(c_in, images_per_group);
  for (int64_t channel = begin; channel < end; ++channel) {
    sum_points(plan, gradients, copies, channel, row, sums);
    float* to = weight_gradient + channel * kernel * kernel * c_in;
    for (int64_t f = 0; f < c_in; f += lanes) {
      FloatVec columns[kernel][size];
      for (int j = 0; j < size; ++j) {
        FloatVec column[kernel];
        unroll<kernel>([&](auto k) LAZULITE_INLINE_LAMBDA { column[k] = zero(); });
        unroll<size>([&](auto i) LAZULITE_INLINE_LAMBDA {
          const FloatVec value = load(sums + (j * size + i) * row + f);
          unroll<kernel>([&](auto k) LAZULITE_INLINE_LAMBDA {
            column[k] = hn::MulAdd(hn::Set(FloatTag(), matrix[i][k]), value, column[k]);
          });
        });
        unroll<kernel>([&](auto k) LAZULITE_INLINE_LAMBDA { columns[k][j] = column[k]; });
      }
      const int64_t count = std::min<int64_t>(lanes, c_in - f);
      for (int ky = 0; ky < kernel; ++ky) {
        unroll<kernel>([&](auto kx) LAZULITE_INLINE_LAMBDA {
          FloatVec sum = zero();
          unroll<size>([&](auto j) LAZULITE_INLINE_LAMBDA {
            sum = hn::MulAdd(hn::Set(FloatTag(), matrix[j][kx]), columns[ky][j], sum);
          });
          HWY_ALIGN float values[lanes];
          store(sum, values);
          std::memcpy(to + (ky * kernel + kx) * c_in + f, values, count * sizeof(float));
        });
      }
    }
  }
}

void weight_gradient(const ConvPlan& plan, const float* gradients, int64_t copies, int64_t begin,
                     int64_t end, float* to, float* scratch) {
  const auto run = plan.shape.kernel == 3 ? weight_gradient_of<6, 3>
                   : plan.tile == 4       ? weight_gradient_of<8, 5>
                                          : weight_gradient_of<7, 5>;
  run(plan, gradients, copies, begin, end, to, scratch);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace lazulite::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lazulite::cpu {

HWY_EXPORT(prepare);
HWY_EXPORT(weight_gradient);

void winograd_prepare_weights(const ConvPlan& plan, bool backward, const float* weights,
                              int64_t first_part, int64_t end_part, float* prepared) {
  HWY_DYNAMIC_DISPATCH(prepare)(plan, backward, weights, first_part, end_part, prepared);
}

int64_t winograd_weight_gradient_scratch(const ConvPlan& plan) {
  return WinogradGeometry(plan).points * round_up(plan.shape.c_in, images_per_group);
}

void winograd_weight_gradient(const ConvPlan& plan, const float* point_gradients, int64_t copies,
                              int64_t begin, int64_t end, float* gradient, float* scratch) {
  HWY_DYNAMIC_DISPATCH(weight_gradient)
  (plan, point_gradients, copies, begin, end, gradient, scratch);
}

}  // namespace lazulite::cpu
#endif
