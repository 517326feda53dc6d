#include <gtest/gtest.h>

#include "launch_case.h"

namespace lazulite::test {
namespace {

struct Problem {
  ConvGeometry geometry;
  Shape x;
  Shape w;

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

std::vector<Problem> problems() {
  return {{{{1, 1}, {2, 2}, {1, 1}, 1}, {3, 9, 8, 5}, {20, 5, 5, 5}},
          {{{1, 1}, {2, 2}, {1, 1}, 1}, {2, 14, 14, 1}, {20, 5, 5, 1}},
          {{{2, 3}, {1, 0}, {1, 1}, 1}, {2, 9, 11, 16}, {17, 3, 3, 16}},
          {{{1, 2}, {3, 4}, {2, 3}, 1}, {2, 8, 9, 3}, {8, 3, 2, 3}},
          {{{1, 1}, {1, 1}, {1, 1}, 2}, {2, 6, 7, 8}, {6, 3, 3, 4}},
          {{{2, 1}, {1, 1}, {1, 2}, 6}, {2, 8, 7, 6}, {12, 3, 3, 1}},
          {{{1, 1}, {0, 0}, {1, 1}, 1}, {2, 5, 5, 33}, {10, 1, 1, 33}},
          {{{3, 3}, {0, 0}, {1, 1}, 1}, {1, 8, 8, 4}, {4, 2, 2, 4}},
          {{{2}, {2}, {1}, 1}, {3, 21, 6}, {9, 4, 6}},
          {{{1, 2, 1}, {1, 0, 1}, {1, 1, 1}, 1}, {2, 4, 6, 5, 3}, {7, 2, 3, 3, 3}},
          {{{1, 1}, {1, 1}, {1, 1}, 1}, {0, 6, 6, 4}, {5, 3, 3, 4}}};
}

constexpr Dtype floating_dtypes[] = {Dtype::float32, Dtype::float64, Dtype::float16,
                                     Dtype::bfloat16};

TEST(Convolution, AgreesWithTheReference) {
  for (const Problem& p : problems()) {
    for (Dtype dtype : floating_dtypes) {
      LaunchCase(Convolution{p.geometry})
          .random(p.x, dtype)
          .random(p.w, dtype)
          .output(p.y(), dtype)
          .expect_agreement(product_tolerance(dtype));
    }
    for (Layout layout : all_layouts) {
      if (p.x[0] == 0) continue;
      LaunchCase(Convolution{p.geometry})
          .random(p.x, Dtype::float32, layout)
          .random(p.w, Dtype::float32, layout)
          .output(p.y(), Dtype::float32)
          .expect_agreement(product_tolerance(Dtype::float32));
    }
  }
}

TEST(ConvolutionGradInput, AgreesWithTheReference) {
  for (const Problem& p : problems()) {
    for (Dtype dtype : floating_dtypes) {
      LaunchCase(ConvolutionGradInput{p.geometry})
          .random(p.w, dtype)
          .random(p.y(), dtype)
          .output(p.x, dtype)
          .expect_agreement(product_tolerance(dtype));
    }
    for (Layout layout : all_layouts) {
      if (p.x[0] == 0) continue;
      LaunchCase(ConvolutionGradInput{p.geometry})
          .random(p.w, Dtype::float32, layout)
          .random(p.y(), Dtype::float32, layout)
          .output(p.x, Dtype::float32)
          .expect_agreement(product_tolerance(Dtype::float32));
    }
  }
}

TEST(ConvolutionGradWeight, AgreesWithTheReference) {
  for (const Problem& p : problems()) {
    for (Dtype dtype : floating_dtypes) {
      LaunchCase(ConvolutionGradWeight{p.geometry})
          .random(p.x, dtype)
          .random(p.y(), dtype)
          .output(p.w, dtype)
          .expect_agreement(product_tolerance(dtype));
    }
    for (Layout layout : all_layouts) {
      if (p.x[0] == 0) continue;
      LaunchCase(ConvolutionGradWeight{p.geometry})
          .random(p.x, Dtype::float32, layout)
          .random(p.y(), Dtype::float32, layout)
          .output(p.w, Dtype::float32)
          .expect_agreement(product_tolerance(Dtype::float32));
    }
  }
}

}  // namespace
}  // namespace lazulite::test
