// What no product meets is zero, and nothing is what memory held before.
#include <gtest/gtest.h>

#include <limits>

#include "launch_case.h"

namespace lazulite::test {
namespace {

constexpr Dtype floating_dtypes[] = {Dtype::float32, Dtype::bfloat16, Dtype::float16,
                                     Dtype::float64};

// Leaves NaN in the scratch that the kernels use next.
void spoil_scratch() {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (int64_t size : {100, 20'000, 300'000}) {
    LaunchCase(ArgReduce{true, 0})
        .input({size}, Dtype::float16, Numbers(static_cast<size_t>(size), nan))
        .output({}, Dtype::uint32)
        .bytes("cpu");
  }
}

struct Problem {
  ConvGeometry geometry;
  Shape x, w;
  Shape y() const {
    Shape shape = x;
    for (size_t i = 0; i < geometry.stride.size(); ++i) {
      const int64_t covered = (w[i + 1] - 1) * geometry.dilation[i] + 1;
      shape[i + 1] = (x[i + 1] + 2 * geometry.padding[i] - covered) / geometry.stride[i] + 1;
    }
    shape.back() = w.front();
    return shape;
  }
};

void check(const Problem& p, Dtype dtype) {
  const double tolerance = product_tolerance(dtype);
  const Shape y = p.y();
  spoil_scratch();
  LaunchCase(Convolution{p.geometry})
      .random(p.x, dtype)
      .random(p.w, dtype)
      .output(y, dtype)
      .expect_agreement(tolerance);
  spoil_scratch();
  LaunchCase(ConvolutionGradInput{p.geometry})
      .random(p.w, dtype)
      .random(y, dtype)
      .output(p.x, dtype)
      .expect_agreement(tolerance);
  spoil_scratch();
  LaunchCase(ConvolutionGradWeight{p.geometry})
      .random(p.x, dtype)
      .random(y, dtype)
      .output(p.w, dtype)
      .expect_agreement(tolerance);
}

// Kernels larger than the image, strides that skip pixels, dilation that steps over the image.
TEST(Unwritten, ConvolutionsWithTapsOnPaddingAlone) {
  std::vector<Problem> problems;
  for (int64_t side : {1, 2, 3, 5}) {
    for (int64_t kernel : {3, 5, 7}) {
      for (int stride : {1, 2, 4}) {
        for (int dilation : {1, 3}) {
          for (int groups : {1, 2}) {
            const int padding = static_cast<int>(kernel - 1) * dilation;
            problems.push_back({{{stride, 1}, {padding, 1}, {dilation, 1}, groups},
                                {2, side, 6, 16},
                                {32, kernel, 3, 16 / groups}});
          }
        }
      }
    }
  }
  // A whole image of padding on each side, and windows that never reach the last pixels.
  problems.push_back({{{1, 1}, {4, 4}, {4, 4}, 1}, {2, 3, 3, 16}, {16, 3, 3, 16}});
  problems.push_back({{{5, 5}, {0, 0}, {1, 1}, 1}, {2, 9, 9, 16}, {16, 2, 2, 16}});
  problems.push_back({{{3}, {6}, {5}, 1}, {2, 4, 16}, {16, 3, 16}});
  problems.push_back({{{2, 1, 1}, {3, 0, 2}, {2, 1, 2}, 1}, {1, 2, 4, 3, 8}, {8, 3, 2, 3, 8}});
  for (const Problem& p : problems) {
    for (Dtype dtype : floating_dtypes) check(p, dtype);
  }
}

TEST(Unwritten, ConvolutionsOfNothing) {
  for (Dtype dtype : floating_dtypes) {
    const ConvGeometry geometry{{1, 1}, {1, 1}, {1, 1}, 1};
    check({geometry, {0, 5, 5, 4}, {6, 3, 3, 4}}, dtype);
    check({geometry, {2, 5, 5, 0}, {6, 3, 3, 0}}, dtype);
    check({geometry, {2, 5, 5, 4}, {0, 3, 3, 4}}, dtype);
    check({geometry, {2, 0, 5, 4}, {6, 1, 3, 4}}, dtype);
    check({geometry, {2, 0, 3, 4}, {6, 2, 3, 4}}, dtype);
  }
}

// A tap on padding alone has no gradient, whatever the gradient of the output is.
TEST(Unwritten, TapsOnPaddingAloneBesideInfinity) {
  for (Dtype dtype : floating_dtypes) {
    Numbers gradient(2 * 5 * 5 * 16, 1.0);
    gradient[3] = std::numeric_limits<double>::infinity();
    gradient[700] = std::numeric_limits<double>::quiet_NaN();
    LaunchCase launch(ConvolutionGradWeight{ConvGeometry{{1, 1}, {4, 4}, {2, 2}, 1}});
    launch.random({2, 1, 1, 16}, dtype).input({2, 5, 5, 16}, dtype, gradient);
    launch.output({16, 3, 3, 16}, dtype);
    const Numbers got = launch.run("cpu")[0], expected = launch.run("reference")[0];
    size_t zeros = 0;
    for (size_t i = 0; i < got.size(); ++i) {
      EXPECT_EQ(expected[i] == Number(0), got[i] == Number(0)) << name_of(dtype) << ", " << i;
      zeros += got[i] == Number(0);
    }
    EXPECT_LT(zeros, got.size());
  }
}

TEST(Unwritten, ProductsOfNothing) {
  for (Dtype dtype :
       {Dtype::float32, Dtype::float64, Dtype::float16, Dtype::bfloat16, Dtype::complex64}) {
    for (const auto& [a, b] : {std::pair<Shape, Shape>{{3, 0}, {0, 4}},
                               {{0, 5}, {5, 4}},
                               {{3, 5}, {5, 0}},
                               {{2, 70, 0}, {2, 0, 80}},
                               {{0, 3, 5}, {0, 5, 4}},
                               {{1, 0}, {0, 1}}}) {
      Shape c = a;
      c.back() = b.back();
      spoil_scratch();
      LaunchCase(Matmul{}).random(a, dtype).random(b, dtype).output(c, dtype).expect_agreement();
    }
  }
}

TEST(Unwritten, PoolsOfNothingAndOfPaddingAlone) {
  for (Dtype dtype : floating_dtypes) {
    for (const Shape& x : {Shape{0, 4, 4, 3}, Shape{2, 4, 4, 0}, Shape{2, 1, 1, 5}}) {
      const PoolGeometry geometry{{2, 2}, {1, 3}, {1, 1}};
      const Shape y{x[0], x[1] + 1, (x[2] + 2 - 2) / 3 + 1, x[3]};
      spoil_scratch();
      LaunchCase(MaxPool{geometry})
          .random(x, dtype)
          .output(y, dtype)
          .output(y, Dtype::uint8)
          .expect_agreement();
      LaunchCase(MaxPoolGrad{geometry})
          .random(y, dtype)
          .random(y, Dtype::uint8, Layout::row_major, 0, 3)
          .output(x, dtype)
          .expect_agreement(product_tolerance(dtype));
      LaunchCase(AvgPool{geometry})
          .random(x, dtype)
          .output(y, dtype)
          .expect_agreement(product_tolerance(dtype));
      LaunchCase(AvgPoolGrad{geometry})
          .random(y, dtype)
          .output(x, dtype)
          .expect_agreement(product_tolerance(dtype));
    }
  }
}

}  // namespace
}  // namespace lazulite::test
