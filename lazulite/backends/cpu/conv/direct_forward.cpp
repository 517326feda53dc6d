#include "lazulite/backends/cpu/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lazulite/backends/cpu/conv/direct_forward.cpp"
#include <cstring>

#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "lazulite/backends/cpu/conv/direct.h"
#include "lazulite/backends/cpu/conv/direct_rows.h"
#include "lazulite/backends/cpu/conv/epilogue-inl.h"
#include "lazulite/backends/cpu/conv/geometry.h"
#include "lazulite/backends/cpu/conv/gradient-inl.h"

HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu {
namespace HWY_NAMESPACE {
namespace {

// Rows of packed images.
struct ImageRows {
  void copy(int64_t plane, int64_t y, int64_t columns, float* to) const {
    std::memcpy(to, images + (plane * height + y) * width * images_per_group,
                columns * images_per_group * sizeof(float));
  }

  const float* images;
  int64_t height, width;
};

// Rows of the gradient of the output.
struct GradientRows {
  void copy(int64_t plane, int64_t y, int64_t columns, float* to) const {
    const int step = gradient.pool ? 2 : 1;
    const int64_t row = (plane * gradient.height + y / step) * gradient.width;
    for (int64_t x = 0; x < columns; x += step, to += step * images_per_group) {
      // Beyond the last window of a pool there is no gradient.
      const bool inside = y / step < gradient.height && x / step < gradient.width;
      for (int l = 0; l < images_per_group; l += lanes) {
        const int64_t at = (row + x / step) * images_per_group + l;
        if (!gradient.pool) {
          FloatVec part[1];
          load_window(gradient, at, part);
          store(part[0], to + l);
          continue;
        }
        FloatVec parts[4] = {zero(), zero(), zero(), zero()};
        if (inside) load_window(gradient, at, parts);
        store(y % 2 == 0 ? parts[0] : parts[2], to + l);
        if (x + 1 < columns) store(y % 2 == 0 ? parts[1] : parts[3], to + images_per_group + l);
      }
    }
  }

  const OutputGradient& gradient;
};

// Copies the rows that two rows of outputs read, with zeros around: [depth][kernel + 1][row].
template <class Rows>
void stage_rows(const Rows& rows, const DirectRows& shape, int64_t group, int64_t y,
                float* staged) {
  const int64_t row_floats = shape.staged_width() * images_per_group;
  const int64_t columns = std::min(shape.width, shape.staged_width() - shape.pad);
  for (int64_t k = 0; k < shape.depth; ++k) {
    for (int64_t r = 0; r <= shape.kernel; ++r, staged += row_floats) {
      const int64_t from = y - shape.pad + r;
      if (from < 0 || from >= shape.height) {
        std::memset(staged, 0, row_floats * sizeof(float));
        continue;
      }
      const int64_t left = shape.pad * images_per_group;
      const int64_t right = left + columns * images_per_group;
      std::memset(staged, 0, left * sizeof(float));
      rows.copy(group * shape.depth + k, from, columns, staged + left);
      std::memset(staged + right, 0, (row_floats - right) * sizeof(float));
    }
  }
}

// The taps along one side that reach into the image from either of two neighbouring outputs.
struct Taps {
  Taps(int64_t at, const DirectRows& shape, int64_t side)
      : begin(std::max<int64_t>(0, shape.pad - at - 1)),
        end(std::min(shape.kernel, side + shape.pad - at)) {}

  int64_t begin, end;
};

// The sums of 2x2 neighbouring outputs over depths [begin, end): to [channel][2][row][image]. They
// are added to what is there, unless they are the first.
template <int channels>
HWY_NOINLINE void sum_square(const DirectRows& shape, const float* HWY_RESTRICT staged,
                             const float* HWY_RESTRICT weights, int64_t begin, int64_t end,
                             Taps rows, Taps columns, float* HWY_RESTRICT to) {
  constexpr int height = many_registers ? 2 : 1;
  const int64_t row_floats = shape.staged_width() * images_per_group;
  const int64_t to_floats = shape.result_width() * images_per_group;
  const int64_t taps = shape.kernel * shape.kernel;
  for (int l = 0; l < images_per_group; l += lanes) {
    for (int y = 0; y < 2; y += height) {
      FloatVec sum[channels * height * 2];
      unroll<channels * height * 2>([&](auto i) LAZULITE_INLINE_LAMBDA { sum[i] = zero(); });
      for (int64_t k = begin; k < end; ++k) {
        for (int64_t ky = rows.begin; ky < rows.end; ++ky) {
          const float* x = staged + (k * (shape.kernel + 1) + y + ky) * row_floats +
                           columns.begin * images_per_group + l;
          const float* w = weights + (k * taps + ky * shape.kernel + columns.begin) * channels;
          for (int64_t kx = columns.begin; kx < columns.end; ++kx) {
            FloatVec values[height * 2];
            unroll<height * 2>([&](auto i) LAZULITE_INLINE_LAMBDA {
              values[i] = load(x + i / 2 * row_floats + i % 2 * images_per_group);
            });
            unroll<channels>([&](auto c) LAZULITE_INLINE_LAMBDA {
              const FloatVec weight = hn::Set(FloatTag(), w[c]);
              unroll<height * 2>([&](auto i) LAZULITE_INLINE_LAMBDA {
                sum[c * height * 2 + i] = hn::MulAdd(values[i], weight, sum[c * height * 2 + i]);
              });
            });
            x += images_per_group;
            w += channels;
          }
        }
      }
      unroll<channels>([&](auto c) LAZULITE_INLINE_LAMBDA {
        unroll<height * 2>([&](auto i) LAZULITE_INLINE_LAMBDA {
          float* at = to + (c * 2 + y + i / 2) * to_floats + i % 2 * images_per_group + l;
          const FloatVec some = sum[c * height * 2 + i];
          store(begin == 0 ? some : hn::Add(load(at), some), at);
        });
      });
    }
  }
}

template <int channels, class Rows>
void convolve_rows(const Rows& rows, const DirectRows& shape, const Epilogue& epilogue,
                   const float* weights, int64_t begin, int64_t end, float* scratch) {
  float* staged = scratch;
  float* results = scratch + shape.staged_floats();
  const int64_t row_floats = shape.result_width() * images_per_group;
  const int64_t taps = shape.kernel * shape.kernel;
  const int64_t part_floats = shape.depth * taps * channels;
  // A long sum is made of shorter ones: roundings add up with the length.
  const int64_t depths_per_sum = std::max<int64_t>(1, 256 / taps);
  for (int64_t item = begin; item < end; ++item) {
    const int64_t group = item / shape.row_pairs(), y = item % shape.row_pairs() * 2;
    stage_rows(rows, shape, group, y, staged);
    for (int64_t part = 0; part * channels < shape.channels; ++part) {
      for (int64_t x = 0; x < shape.out_w; x += 2) {
        for (int64_t k = 0; k < shape.depth; k += depths_per_sum) {
          sum_square<channels>(shape, staged + x * images_per_group, weights + part * part_floats,
                               k, std::min(shape.depth, k + depths_per_sum),
                               Taps(y, shape, shape.height), Taps(x, shape, shape.width),
                               results + x * images_per_group);
        }
      }
      const int64_t used = std::min<int64_t>(channels, shape.channels - part * channels);
      for (int64_t c = 0; c < used; ++c) {
        finish_patch(epilogue, results + c * 2 * row_floats, row_floats, y, 0, 2,
                     shape.result_width(), group, part * channels + c);
      }
    }
  }
}

template <class Rows>
void convolve(const Rows& rows, const DirectRows& shape, const Epilogue& epilogue,
              const float* weights, int64_t begin, int64_t end, float* staged) {
  const auto run =
      channels_per_part(shape.channels) == 5 ? convolve_rows<5, Rows> : convolve_rows<4, Rows>;
  run(rows, shape, epilogue, weights, begin, end, staged);
}

void forward(const ForwardCall& call, int64_t begin, int64_t end, float* scratch) {
  const ConvShape& shape = call.plan.shape;
  convolve(ImageRows{call.input, shape.h, shape.w}, DirectRows::forward(call.plan), call.epilogue,
           call.weights, begin, end, scratch);
}

void input_gradient(const ConvPlan& plan, const OutputGradient& gradient, const float* weights,
                    int64_t begin, int64_t end, float* to, float* scratch) {
  const ConvShape& shape = plan.shape;
  const Epilogue epilogue{
      .output = to, .channels = shape.c_in, .height = shape.h, .width = shape.w};
  convolve(GradientRows{gradient}, DirectRows::input_gradient(plan), epilogue, weights, begin, end,
           scratch);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace lazulite::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lazulite::cpu {

HWY_EXPORT(forward);
HWY_EXPORT(input_gradient);

int64_t direct_forward_rows(const ConvPlan& plan) { return DirectRows::forward(plan).row_pairs(); }
int64_t direct_forward_scratch(const ConvPlan& plan) {
  return DirectRows::forward(plan).scratch_floats();
}
void direct_forward(const ForwardCall& call, int64_t begin, int64_t end, float* scratch) {
  HWY_DYNAMIC_DISPATCH(forward)(call, begin, end, scratch);
}

int64_t direct_input_gradient_rows(const ConvPlan& plan) {
  return DirectRows::input_gradient(plan).row_pairs();
}
int64_t direct_input_gradient_scratch(const ConvPlan& plan) {
  return DirectRows::input_gradient(plan).scratch_floats();
}
void direct_input_gradient(const ConvPlan& plan, const OutputGradient& gradient,
                           const float* weights, int64_t begin, int64_t end,
                           float* gradient_of_input, float* scratch) {
  HWY_DYNAMIC_DISPATCH(input_gradient)
  (plan, gradient, weights, begin, end, gradient_of_input, scratch);
}

}  // namespace lazulite::cpu
#endif
