#include <gtest/gtest.h>

#include <limits>

#include "lazulite/core/errors.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/indexing.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/reduction.h"
#include "lazulite/transforms/vjp.h"
#include "support/backends.h"
#include "support/expect.h"
#include "support/random_arrays.h"

namespace lazulite {
namespace {

using test::expect_equal;

class Views : public test::OnEveryBackend {};
LAZULITE_ON_EVERY_BACKEND(Views);

TEST_P(Views, ShowBytesAsAnotherDtype) {
  expect_equal(view(Array({1.f, -2.f}), Dtype::uint32),
               Array({0x3f800000, 0xc0000000}, Dtype::uint32));
  expect_equal(view(Array({1.f, -2.f}), Dtype::uint16),
               Array({0, 0x3f80, 0, 0xc000}, Dtype::uint16));
  expect_equal(view(Array({{1, 2}, {3, 4}}, Dtype::int16), Dtype::int32),
               Array({{0x20001}, {0x40003}}));
  Array x = reshape(arange(6, Dtype::float32), {2, 3});
  expect_equal(view(view(transpose(x), Dtype::uint8), Dtype::float32), transpose(x));
  EXPECT_EQ(view(zeros({0, 3}), Dtype::int16).shape(), Shape({0, 6}));
  EXPECT_EQ(view(Array(Scalar(1.f)), Dtype::int32).item<int>(), 0x3f800000);
}

TEST_P(Views, RefuseSizesThatDoNotFit) {
  EXPECT_THROW(view(Array(Scalar(1.f)), Dtype::int16), Error);
  EXPECT_THROW(view(Array({1, 2, 3}, Dtype::int16), Dtype::int32), Error);
  auto bits = [](Array x) { return sum(view(view(x, Dtype::float16), Dtype::float32)); };
  EXPECT_EQ(bits(Array({1.f, 2.f})).item<float>(), 3);
  EXPECT_THROW(grad(bits)(Array({1.f})), Error);
}

TEST_P(Views, WalkInStridesOfTheirOwn) {
  Array x = arange(16);
  expect_equal(as_strided(x, {3, 3}, {1, 2}, 1), Array({{1, 3, 5}, {2, 4, 6}, {3, 5, 7}}));
  expect_equal(as_strided(x, {2, 2}, {-1, 4}, 3), Array({{3, 7}, {2, 6}}));
  expect_equal(as_strided(reshape(x, {4, 4}), {2, 8}), reshape(x, {2, 8}));
  expect_equal(as_strided(x, {2, 3}, {0, 5}, 2), Array({{2, 7, 12}, {2, 7, 12}}));
  EXPECT_EQ(as_strided(x, {0, 2}, {7, 7}).shape(), Shape({0, 2}));
  EXPECT_THROW(as_strided(x, {4, 4}, {4, 2}), IndexError);
  EXPECT_THROW(as_strided(x, {2}, {-1}), IndexError);
  EXPECT_THROW(as_strided(x, {2}, {1, 1}), ValueError);
  // Elements that are shown twice have both gradients.
  expect_equal(grad([](Array v) {
                 return sum(as_strided(v, {2, 2}, {1, 1}));
               })(ones({3})),
               Array({1.f, 2.f, 1.f}));
}

// Against places that are counted one by one: rows, overlapping windows, both directions,
// repetitions, strides that go together and such that do not.
TEST_P(Views, WalkAsTheirPlacesSay) {
  test::Random random(5);
  auto below = [&](int64_t end) {
    return static_cast<int64_t>(random() % static_cast<uint64_t>(end));
  };
  for (int trial = 0; trial < 300; ++trial) {
    const Array x = arange(1 + below(60));
    Shape shape;
    Strides strides;
    int64_t first = 0, last = 0;
    for (int64_t axis = below(4); axis > 0; --axis) {
      shape.push_back(1 + below(4));
      strides.push_back(below(2) ? below(5) - 2 : (1 + below(4)) * (1 + below(4)));
      (strides.back() < 0 ? first : last) += (shape.back() - 1) * strides.back();
    }
    if (last - first >= x.size()) continue;
    const int64_t offset = below(x.size() - (last - first)) - first;
    std::vector<int> expected{static_cast<int>(offset)};
    for (size_t axis = 0; axis < shape.size(); ++axis) {
      std::vector<int> longer;
      for (int place : expected) {
        for (int64_t i = 0; i < shape[axis]; ++i) {
          longer.push_back(place + static_cast<int>(i * strides[axis]));
        }
      }
      expected = longer;
    }
    expect_equal(as_strided(x, shape, strides, offset), Array(expected, shape));
    std::vector<float> uses(static_cast<size_t>(x.size()));
    for (int place : expected) ++uses[static_cast<size_t>(place)];
    expect_equal(
        grad([&](Array v) { return sum(as_strided(v, shape, strides, offset)); })(ones(x.shape())),
        Array(uses, x.shape()));
  }
}

TEST_P(Views, BeginWhereAnArraySays) {
  Array x = reshape(arange(12), {3, 4});
  expect_equal(slice_at(x, Array({1, 2}), {0, 1}, {2, 2}), Array({{6, 7}, {10, 11}}));
  expect_equal(slice_at(x, Array({1}, Dtype::uint8), {-1}, {2, 3}), Array({{1, 2, 3}, {5, 6, 7}}));
  expect_equal(slice_update_at(x, Array({{-1, -2}}), Array({2, 1}), {0, 1}),
               Array({{0, 1, 2, 3}, {4, 5, 6, 7}, {8, -1, -2, 11}}));
  expect_equal(slice_update_at(x, Array({-1, -2}), Array({1}), {0}),
               Array({{0, 1, 2, 3}, {-1, -2, 6, 7}, {8, 9, 10, 11}}));
  expect_equal(slice_update_at(x, Array(Scalar(0)), Array({1}), {1}),
               Array({{0, 0, 2, 3}, {4, 0, 6, 7}, {8, 0, 10, 11}}));
  EXPECT_THROW(slice_at(x, Array({1, 2}), {0}, {2, 2}), ValueError);
  EXPECT_THROW(slice_at(x, Array({1.f}), {0}, {2, 2}), ValueError);
  EXPECT_THROW(slice_at(x, Array({1}), {0}, {4, 4}), ValueError);
  EXPECT_THROW(slice_at(x, Array({2}), {0}, {2, 4}).eval(), IndexError);
}

// Bools are counted and compared by their bytes.
TEST_P(Views, ShowAnyByteButZeroAsTrue) {
  Array x = view(Array({2, 1, 255, 0}, Dtype::uint8), Dtype::bool_);
  Array truths = Array({true, true, true, false});
  expect_equal(x, truths);
  expect_equal(astype(x, Dtype::int32), Array({1, 1, 1, 0}));
  expect_equal(sum(x), Array(Scalar(3)));
  expect_equal(logical_not(x), Array({false, false, false, true}));
  expect_equal(equal(x, truths), Array({true, true, true, true}));
  expect_equal(view(x, Dtype::uint8), Array({1, 1, 1, 0}, Dtype::uint8));
  expect_equal(view(Array({0, 256}, Dtype::int16), Dtype::bool_),
               Array({false, false, false, true}));
}

// A start counts from the end as an index does, and the part from there on never wraps.
TEST_P(Views, PartsAtPlacesEndWithTheArray) {
  const Array x = arange(5, Dtype::float32), two = Array({8.f, 9.f});
  expect_equal(slice_at(x, Array({-2}), {0}, {2}), Array({3.f, 4.f}));
  expect_equal(slice_at(x, Array({-1}), {0}, {1}), Array({4.f}));
  expect_equal(slice_at(x, Array({-5}), {0}, {5}), x);
  expect_equal(slice_update_at(x, two, Array({-2}), {0}), Array({0.f, 1.f, 2.f, 8.f, 9.f}));
  EXPECT_EQ(slice_at(x, Array({9}), {0}, {0}).shape(), Shape({0}));
  const Array beyond[] = {Array({-1}),
                          Array({-6}),
                          Array({4}),
                          Array(std::numeric_limits<int64_t>::max()).reshape({1}),
                          Array(std::numeric_limits<int64_t>::min()).reshape({1}),
                          Array(std::numeric_limits<uint64_t>::max()).reshape({1})};
  for (const Array& start : beyond) {
    SCOPED_TRACE(start);
    EXPECT_THROW(slice_at(x, start, {0}, {2}).eval(), IndexError);
    EXPECT_THROW(slice_update_at(x, two, start, {0}).eval(), IndexError);
  }
}

TEST_P(Views, AreDifferentiatedByWhatTheyShow) {
  auto read = [](Array x) { return sum(slice_at(x, Array({1}), {0}, {2}) * Array({2.f, 3.f})); };
  expect_equal(grad(read)(ones({4})), Array({0.f, 2.f, 3.f, 0.f}));
  auto written = [](const Array& x, const Array& update) {
    return sum(slice_update_at(x, update, Array({1}), {0}) * Array({1.f, 2.f, 3.f, 4.f}));
  };
  expect_equal(grad([&](Array x) { return written(x, ones({2})); })(ones({4})),
               Array({1.f, 0.f, 0.f, 4.f}));
  expect_equal(grad([&](Array update) { return written(ones({4}), update); })(ones({2})),
               Array({2.f, 3.f}));
}

TEST_P(Views, DifferencesOfNeighbours) {
  Array x({{1, 4, 9}, {0, 0, 5}});
  expect_equal(diff(x), Array({{3, 5}, {0, 5}}));
  expect_equal(diff(x, 2), Array({{2}, {5}}));
  expect_equal(diff(x, 1, 0), Array({{-1, -4, -4}}));
  expect_equal(diff(x, 0), x);
  expect_equal(diff(Array({true, true, false})), Array({false, true}));
  EXPECT_EQ(diff(x, 5).shape(), Shape({2, 0}));
  EXPECT_THROW(diff(x, -1), ValueError);
}

}  // namespace
}  // namespace lazulite
