#include <gtest/gtest.h>

#include "launch_case.h"

namespace lazulite::test {
namespace {

TEST(Copy, OfEveryLayoutAndSize) {
  for (Dtype dtype : all_dtypes) {
    for (Layout layout : all_layouts) {
      for (const Shape& shape : {Shape{5}, Shape{67, 130}, Shape{3, 17, 66}, Shape{2, 3, 4, 5, 6},
                                 Shape{1, 1}, Shape{4, 0, 3}}) {
        LaunchCase(Copy{}).random(shape, dtype, layout).output(shape, dtype).expect_agreement();
      }
    }
  }
}

TEST(Copy, OfANumber) {
  LaunchCase(Copy{}).random({}, Dtype::float32).output({}, Dtype::float32).expect_agreement();
}

TEST(Copy, LargeEnoughForSeveralThreads) {
  for (Layout layout : all_layouts) {
    LaunchCase(Copy{})
        .random({300, 7, 111}, Dtype::float32, layout)
        .output({300, 7, 111}, Dtype::float32)
        .expect_agreement();
  }
}

TEST(Concatenate, AlongEveryAxis) {
  for (Dtype dtype : all_dtypes) {
    for (int axis = 0; axis < 3; ++axis) {
      const auto part = [&](int64_t size) {
        Shape shape = {4, 5, 6};
        shape[axis] = size;
        return shape;
      };
      LaunchCase(Concatenate{axis})
          .random(part(3), dtype)
          .random(part(0), dtype)
          .random(part(2), dtype, Layout::column_major)
          .random(part(4), dtype, Layout::backwards)
          .output(part(9), dtype)
          .expect_agreement();
    }
  }
}

TEST(SliceUpdate, WithStepsOfEitherSign) {
  for (Dtype dtype : all_dtypes) {
    for (Layout layout : all_layouts) {
      LaunchCase(SliceUpdate{{1, 7}, {2, -3}})
          .random({8, 9}, dtype, layout)
          .random({3, 3}, dtype, layout)
          .output({8, 9}, dtype)
          .expect_agreement();
    }
  }
  LaunchCase(SliceUpdate{{0}, {1}})
      .random({5}, Dtype::int16)
      .random({0}, Dtype::int16)
      .output({5}, Dtype::int16)
      .expect_agreement();
}

TEST(Gather, AlongEveryAxisWithEveryDtypeOfIndices) {
  for (Dtype indices : all_dtypes) {
    if (!is_integer(indices)) continue;
    for (int axis = 0; axis < 3; ++axis) {
      Shape shape = {5, 6, 7};
      Shape result(shape.begin(), shape.begin() + axis);
      for (int64_t size : {2, 3}) result.push_back(size);
      for (int i = axis + 1; i < 3; ++i) result.push_back(shape[i]);
      for (Layout layout : all_layouts) {
        // Some indices are out of range on both sides.
        LaunchCase(Gather{axis})
            .random(shape, Dtype::float32, layout)
            .random({2, 3}, indices, layout, -9, 9)
            .output(result, Dtype::float32)
            .expect_agreement();
      }
    }
  }
}

TEST(Gather, OfEveryDtype) {
  for (Dtype dtype : all_dtypes) {
    for (Layout layout : all_layouts) {
      LaunchCase(Gather{1})
          .random({4, 6, 7}, dtype, layout)
          .random({9}, Dtype::int32, layout, -6, 5)
          .output({4, 9, 7}, dtype)
          .expect_agreement();
    }
  }
}

TEST(Gather, RefusesAnEmptyAxis) {
  LaunchCase gather(Gather{0});
  gather.random({0, 2}, Dtype::float32).random({3}, Dtype::int32).output({3, 2}, Dtype::float32);
  EXPECT_FALSE(gather.accepted("cpu"));
}

TEST(ScatterAdd, AddsInOrder) {
  for (Dtype dtype : all_dtypes) {
    for (int axis = 0; axis < 3; ++axis) {
      Shape shape = {5, 6, 7};
      Shape updates(shape.begin(), shape.begin() + axis);
      for (int64_t size : {4, 5}) updates.push_back(size);
      for (int i = axis + 1; i < 3; ++i) updates.push_back(shape[i]);
      for (Layout layout : all_layouts) {
        LaunchCase(ScatterAdd{axis})
            .random(shape, dtype, layout)
            .random({4, 5}, Dtype::int32, layout, -7, 7)
            .random(updates, dtype, layout)
            .output(shape, dtype)
            .expect_agreement();
      }
    }
  }
}

TEST(ScatterAdd, LargeEnoughForSeveralThreads) {
  LaunchCase(ScatterAdd{0})
      .random({50, 64}, Dtype::float32)
      .random({3000}, Dtype::uint32, Layout::row_major, 0, 49)
      .random({3000, 64}, Dtype::float32)
      .output({50, 64}, Dtype::float32)
      .expect_agreement();
}

TEST(GatherAlong, EveryAxis) {
  for (Dtype dtype : all_dtypes) {
    for (int axis = 0; axis < 3; ++axis) {
      Shape shape = {5, 6, 7};
      Shape result = shape;
      result[axis] = 4;
      for (Layout layout : all_layouts) {
        LaunchCase(GatherAlong{axis})
            .random(shape, dtype, layout)
            .random(result, Dtype::int64, layout, -8, 8)
            .output(result, dtype)
            .expect_agreement();
      }
    }
  }
}

TEST(ScatterAlong, PutsOrAddsInOrder) {
  for (Dtype dtype : all_dtypes) {
    for (bool add : {false, true}) {
      for (int axis = 0; axis < 3; ++axis) {
        Shape shape = {5, 6, 7};
        Shape updates = shape;
        updates[axis] = 9;
        for (Layout layout : all_layouts) {
          LaunchCase(ScatterAlong{axis, add})
              .random(shape, dtype, layout)
              .random(updates, Dtype::int32, layout, -4, 3)
              .random(updates, dtype, layout)
              .output(shape, dtype)
              .expect_agreement();
        }
      }
    }
  }
}

// The output in the memory of the first input: only what changes is written.
TEST(InPlace, UpdatesChangeTheirInput) {
  for (Dtype dtype : all_dtypes) {
    for (Layout layout : all_layouts) {
      LaunchCase(SliceUpdate{{1, 7}, {2, -3}})
          .random({8, 9}, dtype)
          .random({3, 3}, dtype, layout)
          .output({8, 9}, dtype)
          .in_place(0)
          .expect_agreement();
      LaunchCase(ScatterAdd{0})
          .random({8, 9}, dtype)
          .random({7}, Dtype::int32, layout, -8, 7)
          .random({7, 9}, dtype, layout)
          .output({8, 9}, dtype)
          .in_place(0)
          .expect_agreement();
      for (bool add : {false, true}) {
        LaunchCase(ScatterAlong{1, add})
            .random({8, 9}, dtype)
            .random({8, 4}, Dtype::int64, layout, -9, 8)
            .random({8, 4}, dtype, layout)
            .output({8, 9}, dtype)
            .in_place(0)
            .expect_agreement();
      }
    }
  }
}

// Updates that lie in the memory that they are written to are read before.
TEST(InPlace, UpdatesFromWhatIsChanged) {
  for (const char* backend : {"cpu", "reference"}) {
    LaunchCase shifted(SliceUpdate{{1}, {1}});
    shifted.input({6}, Dtype::int32, {0, 1, 2, 3, 4, 5}).output({6}, Dtype::int32).in_place(0);
    shifted.view_of(0, 0, {5}, {1});
    EXPECT_EQ(shifted.run(backend)[0], (Numbers{0, 0, 1, 2, 3, 4}));
    LaunchCase turned(SliceUpdate{{0}, {1}});
    turned.input({6}, Dtype::int32, {0, 1, 2, 3, 4, 5}).output({6}, Dtype::int32).in_place(0);
    turned.view_of(0, 5, {6}, {-1});
    EXPECT_EQ(turned.run(backend)[0], (Numbers{5, 4, 3, 2, 1, 0}));
    LaunchCase added(ScatterAdd{0});
    added.input({4}, Dtype::int32, {1, 2, 3, 4}).output({4}, Dtype::int32).in_place(0);
    added.input({3}, Dtype::int32, {1, 2, 3}).view_of(0, 0, {3}, {1});
    EXPECT_EQ(added.run(backend)[0], (Numbers{1, 3, 5, 7}));
    LaunchCase put(ScatterAlong{0, false});
    put.input({4}, Dtype::int32, {1, 2, 3, 4}).output({4}, Dtype::int32).in_place(0);
    put.input({3}, Dtype::int32, {1, 2, 3}).view_of(0, 0, {3}, {1});
    EXPECT_EQ(put.run(backend)[0], (Numbers{1, 1, 2, 3}));
  }
}

TEST(Arange, InEveryDtype) {
  for (Dtype dtype : all_dtypes) {
    if (dtype == Dtype::bool_) continue;
    LaunchCase(Arange{3, 2}).output({40}, dtype).expect_agreement();
    LaunchCase(Arange{0.25, 0.5}).output({40}, dtype).expect_agreement();
    LaunchCase(Arange{100, -1.5}).output({20}, dtype).expect_agreement();
  }
  EXPECT_EQ(LaunchCase(Arange{5, -2}).output({3}, Dtype::int32).run("cpu")[0], (Numbers{5, 3, 1}));
}

}  // namespace
}  // namespace lazulite::test
