// Convolutions and their gradients at sizes that nobody chose: kernels of libraries have their own
// ideas of which padding, stride and dilation may meet, and are wrong or write elsewhere beyond
// them.
#include <gtest/gtest.h>

#include <algorithm>

#include "launch_case.h"

namespace lazulite::test {
namespace {

constexpr Dtype floating_dtypes[] = {Dtype::float32, Dtype::bfloat16, Dtype::float16,
                                     Dtype::float64};

struct Problem {
  ConvGeometry geometry;
  Shape x, w, y;

  // Sets y; false if no window fits.
  bool complete() {
    y = x;
    y.back() = w.front();
    for (size_t i = 0; i < geometry.stride.size(); ++i) {
      const int64_t covered = (w[i + 1] - 1) * geometry.dilation[i] + 1;
      const int64_t room = x[i + 1] + 2 * geometry.padding[i] - covered;
      if (room < 0) return false;
      y[i + 1] = room / geometry.stride[i] + 1;
    }
    return true;
  }
  double products() const {
    double kernel = 1;
    for (size_t i = 1; i < w.size(); ++i) kernel *= static_cast<double>(w[i]);
    return kernel * static_cast<double>(element_count(y));
  }
};

void check(const Problem& p, Dtype dtype) {
  const double tolerance = product_tolerance(dtype);
  LaunchCase(Convolution{p.geometry})
      .random(p.x, dtype)
      .random(p.w, dtype)
      .output(p.y, dtype)
      .expect_agreement(tolerance);
  LaunchCase(ConvolutionGradInput{p.geometry})
      .random(p.w, dtype)
      .random(p.y, dtype)
      .output(p.x, dtype)
      .expect_agreement(tolerance);
  LaunchCase(ConvolutionGradWeight{p.geometry})
      .random(p.x, dtype)
      .random(p.y, dtype)
      .output(p.w, dtype)
      .expect_agreement(tolerance);
}

void check(std::vector<Problem> problems, std::vector<Dtype> dtypes) {
  for (Problem& p : problems) {
    ASSERT_TRUE(p.complete());
    for (Dtype dtype : dtypes) check(p, dtype);
  }
}

class Maker {
 public:
  explicit Maker(uint32_t seed) : random_(seed) {}

  Problem problem() {
    Problem p;
    const auto axes = static_cast<size_t>(one_of({1, 2, 2, 3}));
    const int64_t most = axes == 1 ? 60 : axes == 2 ? 20 : 8;
    p.geometry.groups = one_of({1, 1, 1, 2, 3});
    p.x = {one_of({1, 2, 3})};
    p.w = {p.geometry.groups * one_of({1, 3, 8, 16, 17})};
    for (size_t i = 0; i < axes; ++i) {
      const int kernel = one_of({1, 1, 2, 3, 5, 7, 11}), dilation = one_of({1, 1, 2, 3});
      p.geometry.stride.push_back(one_of({1, 1, 2, 3, 5}));
      p.geometry.dilation.push_back(dilation);
      p.geometry.padding.push_back(below((kernel - 1) * dilation + 1));
      p.x.push_back(1 + below(static_cast<int>(most)));
      p.w.push_back(kernel);
    }
    const int channels = one_of({1, 3, 8, 16, 17});
    p.x.push_back(p.geometry.groups * channels);
    p.w.push_back(channels);
    return p;
  }
  int below(int bound) { return static_cast<int>(random_() % static_cast<uint32_t>(bound)); }

 private:
  int one_of(std::initializer_list<int> of) {
    return of.begin()[below(static_cast<int>(of.size()))];
  }
  std::mt19937 random_;
};

TEST(RandomConvolutions, AgreeWithTheReference) {
  int checked = 0;
  for (uint32_t seed = 1; checked < 300; ++seed) {
    Problem p = Maker(seed).problem();
    if (!p.complete() || p.products() > 1e6) continue;
    SCOPED_TRACE(seed);
    check(p, floating_dtypes[seed % std::size(floating_dtypes)]);
    if (HasFailure()) break;
    ++checked;
  }
}

// oneDNN's workspace for the pixels that such windows meet has too few channels.
TEST(RandomConvolutions, WindowsOfOnePixelThatStepOverPixels) {
  std::vector<Problem> problems;
  for (int64_t channels : {1, 3, 4, 8, 15, 16, 17}) {
    for (int stride : {2, 3}) {
      problems.push_back(
          {{{stride, stride}, {0, 0}, {1, 1}, 1}, {3, 32, 32, channels}, {8, 1, 1, channels}, {}});
      problems.push_back({{{stride}, {0}, {1}, 1}, {3, 171, channels}, {8, 1, channels}, {}});
      problems.push_back(
          {{{stride, 1}, {0, 0}, {1, 1}, 1}, {3, 31, 32, channels}, {8, 1, 1, channels}, {}});
    }
  }
  check(problems, {Dtype::float32, Dtype::float16, Dtype::bfloat16});
}

TEST(RandomConvolutions, MuchPadding) {
  check({{{{5}, {18}, {3}, 1}, {8, 171, 5}, {3, 7, 5}, {}},
         {{{2}, {20}, {2}, 1}, {1, 47, 5}, {1, 11, 5}, {}},
         {{{2}, {18}, {3}, 3}, {5, 71, 9}, {99, 7, 3}, {}},
         {{{3, 2}, {0, 20}, {1, 2}, 1}, {1, 9, 38, 17}, {16, 7, 11, 17}, {}}},
        {Dtype::float32, Dtype::float16});
}

TEST(RandomConvolutions, StepsInDepthOverLessThanThePadding) {
  check({{{{2, 1, 3}, {9, 0, 0}, {1, 1, 2}, 1}, {3, 8, 8, 8, 8}, {8, 11, 3, 1, 8}, {}},
         {{{2, 1, 5}, {5, 0, 3}, {1, 1, 2}, 1}, {3, 8, 8, 8, 3}, {8, 11, 3, 3, 3}, {}},
         {{{5, 2, 3}, {6, 0, 1}, {1, 1, 1}, 1}, {2, 6, 4, 4, 8}, {4, 7, 2, 5, 8}, {}},
         {{{3, 1, 3}, {4, 1, 3}, {1, 1, 1}, 1}, {3, 8, 8, 8, 8}, {8, 7, 2, 7, 8}, {}},
         {{{1, 3, 1}, {5, 0, 7}, {1, 1, 2}, 1}, {17, 3, 4, 4, 2}, {17, 11, 1, 7, 2}, {}}},
        {Dtype::float32, Dtype::bfloat16});
}

TEST(RandomConvolutions, DilatedRowsOfBfloat16) {
  check({{{{1, 1}, {1, 0}, {3, 2}, 1}, {3, 34, 45, 17}, {17, 11, 2, 17}, {}},
         {{{1, 1}, {2, 1}, {2, 1}, 1}, {1, 33, 33, 17}, {17, 5, 2, 17}, {}}},
        {Dtype::bfloat16});
}

}  // namespace
}  // namespace lazulite::test
