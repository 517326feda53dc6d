#include <gtest/gtest.h>

#include <limits>

#include "launch_case.h"

namespace lazulite::test {
namespace {

struct Size {
  int64_t m, k, n;
};

constexpr Dtype inexact_dtypes[] = {Dtype::float32, Dtype::float64, Dtype::float16, Dtype::bfloat16,
                                    Dtype::complex64};

TEST(Matmul, AgreesOnEverySizeAndLayout) {
  // Sizes around those of tiles, vectors and blocks; few rows; one column.
  const Size sizes[] = {{1, 1, 1},     {1, 300, 37},  {37, 300, 1}, {1, 70, 300}, {5, 13, 7},
                        {13, 16, 32},  {14, 17, 33},  {15, 33, 65}, {64, 90, 45}, {65, 270, 31},
                        {90, 64, 130}, {170, 20, 90}, {3, 0, 4},    {0, 5, 4},    {70, 520, 70}};
  for (Dtype dtype : inexact_dtypes) {
    for (const Size& s : sizes) {
      for (Layout a : all_layouts) {
        for (Layout b : {Layout::row_major, Layout::column_major, Layout::spread}) {
          if (s.m * s.k == 0 && a != Layout::row_major) continue;
          LaunchCase(Matmul{})
              .random({s.m, s.k}, dtype, a)
              .random({s.k, s.n}, dtype, b)
              .output({s.m, s.n}, dtype)
              .expect_agreement(product_tolerance(dtype));
        }
      }
    }
  }
}

TEST(Matmul, OfBatches) {
  for (Dtype dtype : inexact_dtypes) {
    for (Layout a : all_layouts) {
      for (Layout b : all_layouts) {
        LaunchCase(Matmul{})
            .random({3, 2, 9, 20}, dtype, a)
            .random({3, 2, 20, 17}, dtype, b)
            .output({3, 2, 9, 17}, dtype)
            .expect_agreement(product_tolerance(dtype));
        LaunchCase(Matmul{})
            .random({5, 1, 20}, dtype, a)
            .random({5, 20, 1}, dtype, b)
            .output({5, 1, 1}, dtype)
            .expect_agreement(product_tolerance(dtype));
        // One matrix for all of the batch.
        LaunchCase(Matmul{})
            .random({5, 30, 20}, dtype, a)
            .random({5, 20, 40}, dtype, Layout::repeated)
            .output({5, 30, 40}, dtype)
            .expect_agreement(product_tolerance(dtype));
      }
    }
  }
}

// Large enough for oneDNN, which reads no strides below zero.
TEST(Matmul, OfLargeBatchesInEveryLayout) {
  for (Dtype dtype : {Dtype::float32, Dtype::bfloat16}) {
    for (Layout a : all_layouts) {
      for (Layout b : all_layouts) {
        LaunchCase(Matmul{})
            .random({4, 40, 50}, dtype, a)
            .random({4, 50, 60}, dtype, b)
            .output({4, 40, 60}, dtype)
            .expect_agreement(product_tolerance(dtype));
        LaunchCase(Matmul{})
            .random({80, 50}, dtype, a)
            .random({50, 60}, dtype, b)
            .output({80, 60}, dtype)
            .expect_agreement(product_tolerance(dtype));
      }
    }
  }
}

TEST(Matmul, LargeEnoughForSeveralThreads) {
  for (const Size& s : {Size{300, 400, 350}, Size{64, 900, 450}, Size{450, 64, 900},
                        Size{1, 1800, 900}, Size{1200, 300, 10}}) {
    for (Layout layout : {Layout::row_major, Layout::column_major}) {
      LaunchCase(Matmul{})
          .random({s.m, s.k}, Dtype::float32, layout)
          .random({s.k, s.n}, Dtype::float32, layout)
          .output({s.m, s.n}, Dtype::float32)
          .expect_agreement(3e-6);
    }
  }
}

TEST(Matmul, LetsSpecialValuesThrough) {
  const double infinity = std::numeric_limits<double>::infinity();
  const Numbers x = {infinity, 1, 0, std::numeric_limits<double>::quiet_NaN(), 1, 2, -infinity, 3};
  LaunchCase(Matmul{})
      .input({4, 2}, Dtype::float32, x)
      .random({2, 21}, Dtype::float32, Layout::row_major, 1, 2)
      .output({4, 21}, Dtype::float32)
      .expect_agreement(1e-6);
}

TEST(Matmul, RefusesIntegers) {
  LaunchCase product(Matmul{});
  product.random({2, 2}, Dtype::int32).random({2, 2}, Dtype::int32).output({2, 2}, Dtype::int32);
  EXPECT_FALSE(product.accepted("cpu"));
}

}  // namespace
}  // namespace lazulite::test
