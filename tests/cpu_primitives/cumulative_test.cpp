#include <gtest/gtest.h>

#include "launch_case.h"
#include "lazulite/core/threads.h"

namespace lazulite::test {
namespace {

double tolerance_of(Dtype dtype) {
  switch (dtype) {
    case Dtype::float16: return 0x1p-9;
    case Dtype::bfloat16: return 0x1p-6;
    case Dtype::float64: return 1e-13;
    default: return is_inexact(dtype) ? 1e-7 : 0;
  }
}

TEST(CumulativeSum, AgreesOnEveryAxisLayoutAndDtype) {
  for (Dtype dtype : all_dtypes) {
    if (dtype == Dtype::bool_) continue;
    for (int axis = 0; axis < 3; ++axis) {
      for (int options = 0; options < 4; ++options) {
        for (Layout layout : all_layouts) {
          Shape shape = {5, 20, 141};
          LaunchCase(CumulativeSum{axis, (options & 1) != 0, (options & 2) != 0})
              .random(shape, dtype, layout)
              .output(shape, dtype)
              .expect_agreement(tolerance_of(dtype));
        }
      }
    }
  }
}

// Lines of several blocks, with all workers or one: the same bits.
TEST(CumulativeSum, OfLongLinesDoesNotDependOnTheThreads) {
  const int before = num_threads();
  for (int64_t size : {8191, 8192, 8193, 100000}) {
    for (Dtype dtype : {Dtype::float32, Dtype::float64, Dtype::int32, Dtype::complex64}) {
      for (bool reverse : {false, true}) {
        LaunchCase one(CumulativeSum{0, reverse, true});
        one.random({size}, dtype).output({size}, dtype);
        one.expect_agreement(tolerance_of(dtype));
        set_num_threads(3);
        auto with_three = one.bytes("cpu");
        set_num_threads(1);
        EXPECT_EQ(with_three, one.bytes("cpu")) << size;
        set_num_threads(before);
      }
    }
  }
}

constexpr CumulativeOp all_ops[] = {CumulativeOp::product, CumulativeOp::maximum,
                                    CumulativeOp::minimum, CumulativeOp::logaddexp};

TEST(Cumulative, AgreesOnEveryAxisLayoutAndDtype) {
  for (Dtype dtype : all_dtypes) {
    for (CumulativeOp op : all_ops) {
      if (op == CumulativeOp::logaddexp && !is_inexact(dtype)) continue;
      for (int axis = 0; axis < 3; ++axis) {
        for (int options = 0; options < 4; ++options) {
          for (Layout layout : all_layouts) {
            Shape shape = {4, 9, 37};
            LaunchCase(Cumulative{op, axis, (options & 1) != 0, (options & 2) != 0})
                .random(shape, dtype, layout)
                .output(shape, dtype)
                .expect_agreement(tolerance_of(dtype));
          }
        }
      }
    }
  }
}

TEST(Cumulative, OfLongLinesDoesNotDependOnTheThreads) {
  const int before = num_threads();
  for (CumulativeOp op : all_ops) {
    for (Dtype dtype : {Dtype::float32, Dtype::float64}) {
      // Products stay near 1: a block's must not leave the range.
      LaunchCase one(Cumulative{op, 0, false, true});
      one.random({100000}, dtype, Layout::row_major, 0.999, 1.001).output({100000}, dtype);
      one.expect_agreement(1e-6);
      set_num_threads(3);
      auto with_three = one.bytes("cpu");
      set_num_threads(1);
      EXPECT_EQ(with_three, one.bytes("cpu"));
      set_num_threads(before);
    }
  }
}

TEST(LinearRecurrence, AgreesOnEveryAxisLayoutAndDtype) {
  for (Dtype dtype : all_dtypes) {
    if (!is_inexact(dtype)) continue;
    for (int axis = 0; axis < 3; ++axis) {
      for (bool reverse : {false, true}) {
        for (Layout layout : all_layouts) {
          Shape shape = {4, 9, 137};
          LaunchCase(LinearRecurrence{axis, reverse})
              .random(shape, dtype, layout)
              .random(shape, dtype, layout)
              .output(shape, dtype)
              .expect_agreement(tolerance_of(dtype));
        }
      }
    }
  }
}

}  // namespace
}  // namespace lazulite::test
