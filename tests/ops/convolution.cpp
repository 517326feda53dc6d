#include "lazulite/ops/convolution.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "lazulite/core/errors.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/indexing.h"
#include "lazulite/ops/linear.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/reduction.h"
#include "lazulite/program/evaluate.h"
#include "support/backends.h"
#include "support/expect.h"

namespace lazulite {
namespace {

using test::expect_equal;

class ConvolutionOp : public test::OnEveryBackend {};
LAZULITE_ON_EVERY_BACKEND(ConvolutionOp);

// Small whole numbers, so that any order of summation gives the same.
Array numbers(const Shape& shape, int modulus) {
  Array count = arange(element_count(shape), Dtype::float32);
  return reshape(count % modulus - modulus / 2, shape);
}

Array expected(const std::vector<float>& values, const Shape& shape) {
  return Array(values, shape);
}

// The expected numbers are those of MLX 0.32.4.
TEST_P(ConvolutionOp, StridesPadsAndDilates) {
  Array y = conv2d(numbers({2, 5, 4, 2}, 7), numbers({4, 3, 2, 2}, 5), {2, 1}, {1, 2}, {1, 2});
  expect_equal(
      y, expected({8,  -8,  6,  0,   0,  0,   0,  0,  -14, 16,  -14, 6,  5,   -5, -5,  0,  6,  -8,
                   8,  -6,  5,  5,   -5, -5,  -1, -2, 2,   -4,  -7,  6,  -6,  2,  13,  -8, -9, 10,
                   7,  -13, 12, -13, -2, 8,   -7, -7, 5,   2,   -6,  6,  0,   3,  -4,  4,  0,  -5,
                   -5, 5,   -3, -6,  11, -12, 5,  0,  -5,  -5,  6,   0,  -6,  8,  0,   0,  0,  0,
                   -5, 5,   5,  0,   8,  -8,  6,  0,  -5,  -5,  5,   5,  -14, 16, -14, 6,  0,  0,
                   0,  0,   6,  -8,  8,  -6,  5,  4,  3,   -3,  -1,  -2, 2,   -4, -16, 11, -2, 5,
                   13, -8,  -9, 10,  5,  -7,  6,  -6, -2,  8,   -7,  -7, 0,   -3, 4,   -4, 0,  3,
                   -4, 4,   3,  -5,  -8, 9,   -3, -6, 11,  -12, 5,   0,  -5,  -5, 6,   0,  -6, 8},
                  {2, 3, 6, 4}));
}

TEST_P(ConvolutionOp, KeepsGroupsApart) {
  Array y = conv2d(numbers({1, 5, 4, 2}, 7), numbers({4, 3, 2, 1}, 5), 1, 0, 1, 2);
  expect_equal(y, expected({3,  2, -4, 1, -1, 0, -4, -4, 2,  -9, 10, -9, 1,  1,  -4, 2,  11, 6,
                            10, 4, -7, 4, -4, 6, -1, 0,  -4, -4, 2,  -9, 10, -9, -9, -4, -4, 0},
                           {1, 3, 3, 4}));
}

TEST_P(ConvolutionOp, IsAProductOfMatricesForOnePixel) {
  Array x = numbers({3, 2, 2, 8}, 9), w = numbers({4, 1, 1, 8}, 5);
  expect_equal(conv2d(x, w), matmul(x, w.reshape({4, 8}).T()));
}

// Backends may sum many images in other ways than few.
TEST_P(ConvolutionOp, DoesNotDependOnHowManyImagesThereAre) {
  constexpr int64_t few = 3, many = 280;
  for (const int64_t taps : {3, 5}) {
    const Array images = numbers({few, 14, 15, 8}, 11), w = numbers({100, taps, taps, 8}, 5);
    const Array which = arange(many, Dtype::int32) % few;
    const Array y = conv2d(images, w, 1, 1);
    const Array difference = conv2d(take(images, which, 0), w, 1, 1) - take(y, which, 0);
    const double scale = max(abs(y)).item<double>();
    EXPECT_LE(max(abs(difference)).item<double>(), 1e-5 * scale) << taps;
  }
}

// Images of few channels may go other ways: sizes that pairs and fours of outputs do not divide,
// windows that are not square, more output channels than a block may have.
TEST_P(ConvolutionOp, OfFewChannelsIsWhatTheReferenceSays) {
  struct Sizes {
    int64_t images, height, width, in, out, rows, columns;
    int padding;
  };
  const Sizes all[] = {{3, 9, 11, 1, 6, 5, 5, 2},    {2, 7, 6, 2, 70, 3, 3, 0},
                       {5, 13, 10, 3, 33, 3, 3, 1},  {1, 4, 3, 4, 5, 2, 3, 1},
                       {2, 20, 18, 4, 9, 5, 5, 1},   {300, 6, 7, 3, 130, 3, 3, 1},
                       {110, 5, 17, 19, 1, 5, 4, 3}, {101, 18, 6, 33, 3, 3, 3, 1},
                       {40, 9, 20, 21, 6, 5, 5, 2},  {40, 20, 9, 5, 7, 3, 3, 1}};
  for (const Sizes& s : all) {
    SCOPED_TRACE(s.out);
    auto results = [&] {
      const Array x = transpose(numbers({s.images, s.in, s.height, s.width}, 7), {0, 2, 3, 1});
      const Array w = numbers({s.out, s.rows, s.columns, s.in}, 5);
      const Array y = conv2d(x, w, 1, s.padding);
      const Array dy = numbers(y.shape(), 3);
      const ConvGeometry geometry{{1, 1}, {s.padding, s.padding}, {1, 1}, 1};
      std::vector<Array> made = {y, convolution_grad_input(w, dy, x.shape(), geometry),
                                 convolution_grad_weight(x, dy, w.shape(), geometry)};
      eval(made);
      return made;
    };
    const std::vector<Array> got = results();
    DeviceScope scope(Device("reference"));
    const std::vector<Array> expected = results();
    for (size_t i = 0; i < got.size(); ++i) expect_equal(got[i], expected[i]);
  }
}

// Half precision may be a library's, as the sums' places in memory, their number of axes and their
// sizes allow: whole numbers are summed exactly and rounded once.
TEST_P(ConvolutionOp, OfHalfPrecisionIsWhatTheReferenceSays) {
  struct Sizes {
    Shape x, w;
    ConvGeometry geometry;
  };
  const Sizes all[] = {
      {{5, 9, 11, 16}, {24, 3, 3, 16}, {{1, 1}, {1, 1}, {1, 1}, 1}},
      {{3, 12, 9, 64}, {32, 3, 3, 64}, {{2, 2}, {1, 1}, {1, 1}, 1}},
      {{4, 13, 12, 8}, {40, 3, 2, 8}, {{1, 2}, {2, 1}, {2, 1}, 1}},
      {{3, 7, 7, 3}, {5, 5, 5, 3}, {{1, 1}, {2, 2}, {1, 1}, 1}},
      {{2, 6, 5, 32}, {16, 1, 1, 32}, {{1, 1}, {0, 0}, {1, 1}, 1}},
      {{3, 40, 16}, {32, 5, 16}, {{1}, {2}, {1}, 1}},
      {{2, 5, 6, 7, 8}, {16, 3, 3, 3, 8}, {{1, 1, 1}, {1, 1, 1}, {1, 1, 1}, 1}},
      {{3, 8, 8, 16}, {32, 3, 3, 8}, {{1, 1}, {1, 1}, {1, 1}, 2}},
  };
  for (const Dtype dtype : {Dtype::float16, Dtype::bfloat16}) {
    for (const Sizes& s : all) {
      SCOPED_TRACE(to_string(s.x));
      auto results = [&](bool shifted) {
        // Without the first element nothing lies where 16 bytes begin.
        auto at = [&](const Shape& shape, int modulus) {
          const int64_t size = element_count(shape), first = shifted ? 1 : 0;
          const Array all_of_them = concatenate({zeros({first}), numbers({size}, modulus)}, 0);
          return astype(all_of_them, dtype).eval()[{Slice{first}}].reshape(shape);
        };
        const Array x = at(s.x, 5), w = at(s.w, 3);
        const Array y = convolution(x, w, s.geometry);
        const Array dy = at(y.shape(), 3);
        std::vector<Array> made = {y, convolution_grad_input(w, dy, s.x, s.geometry),
                                   convolution_grad_weight(x, dy, s.w, s.geometry)};
        eval(made);
        return made;
      };
      std::vector<Array> expected;
      {
        DeviceScope scope(Device("reference"));
        expected = results(false);
      }
      for (bool shifted : {false, true}) {
        const std::vector<Array> got = results(shifted);
        for (size_t i = 0; i < got.size(); ++i) expect_equal(got[i], expected[i]);
      }
    }
  }
}

// With a window that hands on a channel, any rounding of a factor shows.
TEST_P(ConvolutionOp, RoundsFactorsOfFloat32OnlyWhereAsked) {
  const Array x =
      ones({4, 8, 8, 32}) +
      arange(4 * 8 * 8 * 32, Dtype::float32).reshape({4, 8, 8, 32}) * Scalar(std::ldexp(1.0f, -23));
  const Array y = conv2d(x, eye(32).reshape({32, 1, 1, 32}));
  const char* asked = std::getenv("LAZULITE_CUDA_TF32");
  if (GetParam() != "cuda" || !asked || std::string(asked) != "1") return expect_equal(y, x);
  test::expect_close(y, x, std::ldexp(1.0, -10));
}

TEST_P(ConvolutionOp, ComputesInItsDtype) {
  Array x = ones({1, 3, 3, 1}, Dtype::float16), w = ones({1, 3, 3, 1}, Dtype::float16);
  expect_equal(conv2d(x, w), full({1, 1, 1, 1}, 9, Dtype::float16));
  expect_equal(conv2d(x.astype(Dtype::float64), w), full({1, 1, 1, 1}, 9, Dtype::float64));
  expect_equal(conv2d(zeros({0, 3, 3, 1}), ones({2, 3, 3, 1})), zeros({0, 1, 1, 2}));
}

// Forward and backward, whatever the number of channels.
TEST_P(ConvolutionOp, KeepsAnInfinitePixelToItself) {
  for (Dtype dtype : {Dtype::float32, Dtype::bfloat16, Dtype::float16}) {
    for (int64_t channels : {1, 2, 3, 5}) {
      Shape shape{2, 4, 4, channels};
      Array spoilt = eye(32, 32, 0)[7].reshape({2, 4, 4, 1}) * INFINITY;
      Array pixels = astype(where(isnan(spoilt), zeros({}), spoilt) + ones(shape), dtype).eval();
      Array good = where(isfinite(pixels), 1, 0)[{ellipsis, 0}].eval();
      for (int64_t others : {1, 4}) {
        Array y = conv2d(pixels, ones({others, 1, 1, channels}, dtype));
        expect_equal(where(isfinite(y), 1, 0)[{ellipsis, 0}], good);
        Array dx = convolution_grad_input(ones({channels, 1, 1, others}, dtype), pixels,
                                          {2, 4, 4, others}, {{1, 1}, {0, 0}, {1, 1}, 1});
        expect_equal(where(isfinite(dx), 1, 0)[{ellipsis, 0}], good);
      }
    }
  }
}

TEST_P(ConvolutionOp, RejectsWhatDoesNotFit) {
  Array x = zeros({1, 5, 5, 2}), w = zeros({4, 3, 3, 2});
  EXPECT_THROW(conv2d(x, zeros({4, 3, 3, 3})), Error);
  EXPECT_THROW(conv2d(x, zeros({4, 7, 3, 2})), Error);
  EXPECT_THROW(conv2d(x, zeros({3, 3, 3, 1}), 1, 0, 1, 2), Error);
  EXPECT_THROW(conv2d(x, w, 0), Error);
  EXPECT_THROW(conv2d(x, w, 1, -1), Error);
  EXPECT_THROW(conv2d(x, w, 1, 0, 0), Error);
  EXPECT_THROW(conv2d(x, w, 1, 0, 1, 0), Error);
  EXPECT_THROW(conv2d(x[0], w), Error);
  EXPECT_THROW(conv2d(x, w[0]), Error);
  EXPECT_THROW(conv2d(x.astype(Dtype::int32), w.astype(Dtype::int32)), Error);
  // Five taps over four elements, of which two steps would make no place.
  EXPECT_THROW(
      conv_general(ones({1, 4, 1}), ones({1, 3, 1}), {.stride = {2}, .kernel_dilation = {2}}),
      Error);
}

}  // namespace
}  // namespace lazulite
