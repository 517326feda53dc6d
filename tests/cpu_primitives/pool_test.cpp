#include <gtest/gtest.h>

#include <limits>

#include "launch_case.h"

namespace lazulite::test {
namespace {

struct Problem {
  PoolGeometry geometry;
  Shape x;

  Shape y() const {
    Shape shape = x;
    for (size_t i = 0; i < geometry.window.size(); ++i) {
      shape[i + 1] =
          (x[i + 1] + 2 * geometry.padding[i] - geometry.window[i]) / geometry.stride[i] + 1;
    }
    return shape;
  }
  int64_t window_size() const {
    int64_t size = 1;
    for (int extent : geometry.window) size *= extent;
    return size;
  }
  Dtype positions() const { return window_size() > 256 ? Dtype::uint32 : Dtype::uint8; }
};

std::vector<Problem> problems() {
  return {{{{2, 2}, {2, 2}, {0, 0}}, {3, 8, 6, 20}},
          {{{2, 2}, {2, 2}, {0, 0}}, {2, 7, 5, 3}},
          {{{3, 3}, {1, 1}, {1, 1}}, {2, 6, 7, 16}},
          {{{3, 2}, {2, 3}, {1, 0}}, {1, 9, 8, 37}},
          {{{1, 1}, {3, 3}, {0, 0}}, {2, 7, 7, 5}},
          {{{17, 17}, {2, 2}, {8, 8}}, {1, 18, 20, 6}},
          {{{3}, {2}, {1}}, {4, 9, 18}},
          {{{2, 3, 2}, {2, 1, 1}, {0, 1, 1}}, {2, 4, 5, 6, 8}},
          {{{2, 2}, {2, 2}, {0, 0}}, {0, 8, 6, 20}},
          {{{2, 2}, {2, 2}, {0, 0}}, {64, 28, 28, 20}}};
}

double tolerance_of(Dtype dtype) {
  switch (dtype) {
    case Dtype::float16: return 1e-3;
    case Dtype::bfloat16: return 8e-3;
    case Dtype::float64: return 1e-15;
    default: return 3e-7;
  }
}

TEST(MaxPool, AgreesWithTheReference) {
  for (const Problem& p : problems()) {
    for (Dtype dtype : all_dtypes) {
      if (dtype == Dtype::bool_ || dtype == Dtype::complex64) continue;
      for (bool used : {false, true}) {
        LaunchCase(MaxPool{p.geometry})
            .random(p.x, dtype)
            .output(p.y(), dtype)
            .output(p.y(), p.positions(), used)
            .expect_agreement();
      }
    }
    for (Layout layout : all_layouts) {
      if (p.x[0] == 0) continue;
      LaunchCase(MaxPool{p.geometry})
          .random(p.x, Dtype::float32, layout)
          .output(p.y(), Dtype::float32)
          .output(p.y(), p.positions())
          .expect_agreement();
    }
  }
}

TEST(MaxPool, TakesTheFirstOfEqualsAndTheFirstNaN) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  for (int64_t channels : {1, 5, 16, 19}) {
    const std::vector<Numbers> windows = {
        {1, 1, 1, 1}, {0, 3, 3, 1}, {nan, 5, nan, 6}, {1, nan, infinity, nan}};
    Numbers x(4 * channels * 4);
    for (int64_t image = 0; image < 4; ++image) {
      for (int64_t pixel = 0; pixel < 4; ++pixel) {
        for (int64_t c = 0; c < channels; ++c) {
          x[(image * 4 + pixel) * channels + c] = windows[image][pixel];
        }
      }
    }
    LaunchCase pool(MaxPool{{{2, 2}, {2, 2}, {0, 0}}});
    pool.input({4, 2, 2, channels}, Dtype::float32, x)
        .output({4, 1, 1, channels}, Dtype::float32)
        .output({4, 1, 1, channels}, Dtype::uint8);
    const std::vector<Numbers> results = pool.run("cpu");
    for (int64_t c = 0; c < channels; ++c) {
      EXPECT_EQ(results[0][c], 1.);
      EXPECT_EQ(results[1][c], 0.);
      EXPECT_EQ(results[0][channels + c], 3.);
      EXPECT_EQ(results[1][channels + c], 1.);
      EXPECT_TRUE(std::isnan(results[0][2 * channels + c].real()));
      EXPECT_EQ(results[1][2 * channels + c], 0.);
      EXPECT_TRUE(std::isnan(results[0][3 * channels + c].real()));
      EXPECT_EQ(results[1][3 * channels + c], 1.);
    }
  }
}

TEST(MaxPoolGrad, AgreesWithTheReference) {
  for (const Problem& p : problems()) {
    for (Dtype dtype : {Dtype::float32, Dtype::float64, Dtype::float16, Dtype::bfloat16}) {
      LaunchCase(MaxPoolGrad{p.geometry})
          .random(p.y(), dtype)
          .random(p.y(), p.positions(), Layout::row_major, 0, double(p.window_size() - 1))
          .output(p.x, dtype)
          .expect_agreement(tolerance_of(dtype));
    }
    for (Layout layout : all_layouts) {
      if (p.x[0] == 0) continue;
      LaunchCase(MaxPoolGrad{p.geometry})
          .random(p.y(), Dtype::float32, layout)
          .random(p.y(), p.positions(), layout, 0, double(p.window_size() - 1))
          .output(p.x, Dtype::float32)
          .expect_agreement(tolerance_of(Dtype::float32));
    }
  }
}

TEST(AvgPool, AgreesWithTheReferenceBothWays) {
  for (const Problem& p : problems()) {
    for (Dtype dtype : {Dtype::float32, Dtype::float64, Dtype::float16, Dtype::bfloat16}) {
      const double tolerance = tolerance_of(dtype) * 4;
      LaunchCase(AvgPool{p.geometry})
          .random(p.x, dtype)
          .output(p.y(), dtype)
          .expect_agreement(tolerance);
      LaunchCase(AvgPoolGrad{p.geometry})
          .random(p.y(), dtype)
          .output(p.x, dtype)
          .expect_agreement(tolerance);
    }
    for (Layout layout : all_layouts) {
      if (p.x[0] == 0) continue;
      LaunchCase(AvgPool{p.geometry})
          .random(p.x, Dtype::float32, layout)
          .output(p.y(), Dtype::float32)
          .expect_agreement(1e-6);
    }
  }
}

}  // namespace
}  // namespace lazulite::test
