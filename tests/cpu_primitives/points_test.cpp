#include <gtest/gtest.h>

#include "launch_case.h"
#include "lazulite/ops/primitives/indexing.h"

namespace lazulite::test {
namespace {

constexpr ScatterOp all_ops[] = {ScatterOp::assign, ScatterOp::add,     ScatterOp::multiply,
                                 ScatterOp::divide, ScatterOp::maximum, ScatterOp::minimum};

struct Places {
  Axes axes;
  int place;
};
const std::vector<Places> all_places = {{{0, 1}, 0}, {{1, 2}, 1}, {{0, 2}, 0}, {{2, 0}, 1},
                                        {{1}, 1},    {{1}, 0},    {{0}, 2},    {{2, 1, 0}, 0}};
const Shape shape = {5, 6, 7}, points = {4, 3};

TEST(GatherPoints, OfEveryAxesAndLayout) {
  for (const auto& [axes, place] : all_places) {
    for (Layout layout : all_layouts) {
      LaunchCase gather(GatherPoints{axes, place});
      gather.random(shape, Dtype::float32, layout);
      // Some indices are out of range on both sides.
      for (size_t i = 0; i < axes.size(); ++i) gather.random(points, Dtype::int32, layout, -9, 9);
      gather.output(shape_of_points(shape, axes, place, points), Dtype::float32).expect_agreement();
    }
  }
}

TEST(GatherPoints, OfEveryDtype) {
  for (Dtype dtype : all_dtypes) {
    for (Dtype indices : all_dtypes) {
      if (!is_integer(indices)) continue;
      LaunchCase(GatherPoints{{0, 2}, 1})
          .random(shape, dtype)
          .random(points, indices, Layout::row_major, -5, 4)
          .random(points, Dtype::int64, Layout::column_major, -7, 6)
          .output({6, 4, 3}, dtype)
          .expect_agreement();
    }
  }
}

TEST(GatherPoints, OfRowsLargeEnoughForSeveralThreads) {
  LaunchCase(GatherPoints{{0, 1}, 0})
      .random({30, 20, 100}, Dtype::float32)
      .random({2000}, Dtype::int32, Layout::row_major, 0, 29)
      .random({2000}, Dtype::int32, Layout::row_major, 0, 19)
      .output({2000, 100}, Dtype::float32)
      .expect_agreement();
}

TEST(GatherPoints, RefusesAnEmptyAxis) {
  LaunchCase gather(GatherPoints{{0}, 0});
  gather.random({0, 2}, Dtype::float32).random({3}, Dtype::int32).output({3, 2}, Dtype::float32);
  EXPECT_FALSE(gather.accepted("cpu"));
}

TEST(ScatterPoints, OfEveryKindInOrder) {
  for (Dtype dtype : all_dtypes) {
    for (ScatterOp op : all_ops) {
      if (op == ScatterOp::divide && dtype == Dtype::bool_) continue;
      for (const auto& [axes, place] : all_places) {
        for (Layout layout : {Layout::row_major, Layout::column_major, Layout::backwards}) {
          LaunchCase scatter(ScatterPoints{axes, place, op});
          scatter.random(shape, dtype, layout);
          for (size_t i = 0; i < axes.size(); ++i) {
            scatter.random(points, Dtype::int32, layout, -8, 8);
          }
          scatter.random(shape_of_points(shape, axes, place, points), dtype, layout);
          // The reference rounds products and quotients of complex numbers once, from double.
          const bool rounds =
              dtype == Dtype::complex64 && (op == ScatterOp::multiply || op == ScatterOp::divide);
          scatter.output(shape, dtype).expect_agreement(rounds ? 1e-6 : 0);
        }
      }
    }
  }
}

// Divided by what lies before the points, after them, and by the points themselves.
TEST(ScatterPoints, LargeEnoughForSeveralThreads) {
  for (ScatterOp op : {ScatterOp::assign, ScatterOp::add}) {
    for (const auto& [x, axis] :
         {std::pair(Shape{64, 50, 8}, 1), std::pair(Shape{50, 512}, 0), std::pair(Shape{5000}, 0),
          std::pair(Shape{5000, 3}, 0), std::pair(Shape{3, 5000}, 1)}) {
      const Shape updates = shape_of_points(x, {axis}, axis, {9000});
      LaunchCase(ScatterPoints{{axis}, axis, op})
          .random(x, Dtype::float32)
          .random({9000}, Dtype::int32, Layout::row_major, 0, 49)
          .random(updates, Dtype::float32)
          .output(x, Dtype::float32)
          .expect_agreement();
    }
  }
}

}  // namespace
}  // namespace lazulite::test
