#include "lazulite/ops/manipulation.h"

#include <gtest/gtest.h>

#include <limits>

#include "lazulite/core/errors.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/indexing.h"
#include "lazulite/ops/operators.h"
#include "support/backends.h"
#include "support/expect.h"

namespace lazulite {
namespace {

using test::expect_equal;

class Manipulation : public test::OnEveryBackend {};
LAZULITE_ON_EVERY_BACKEND(Manipulation);

Array range(const Shape& shape) { return arange(element_count(shape)).reshape(shape); }

TEST_P(Manipulation, SlicesToTheEndsOfInt64) {
  constexpr int64_t lowest = std::numeric_limits<int64_t>::min();
  constexpr int64_t highest = std::numeric_limits<int64_t>::max();
  Array x = range({5});
  expect_equal(slice(x, {lowest}, {highest}), x);
  expect_equal(slice(x, {highest}, {lowest}, {-1}), flip(x));
  expect_equal(slice(x, {highest}, {lowest}, {lowest}), Array({4}));
  expect_equal(slice(x, {-2}, {lowest}, {lowest}), Array({3}));
  expect_equal(slice(x, {1}, {highest}, {highest}), Array({1}));
  expect_equal(slice(x, {lowest}, {highest}, {4}), Array({0, 4}));
  expect_equal(slice(x, {highest}, {highest}), zeros({0}, Dtype::int32));
  expect_equal(slice(x, {lowest}, {lowest}, {-1}), zeros({0}, Dtype::int32));
  expect_equal(x[Slice{std::nullopt, std::nullopt, lowest}], Array({4}));
  expect_equal(x[Slice{lowest, highest, highest}], Array({0}));
  expect_equal(slice_update(x, Array({9}), {highest}, {lowest}, {lowest}), Array({0, 1, 2, 3, 9}));
  for (const Array& part : x.split({lowest, highest})) EXPECT_LE(part.size(), 5);
  EXPECT_THROW(x[lowest], Error);
  EXPECT_THROW(x[highest], Error);
  EXPECT_THROW(take(x, highest, 0), Error);
  constexpr int far = std::numeric_limits<int>::max(), farther = std::numeric_limits<int>::min();
  for (int axis : {far, farther}) {
    EXPECT_THROW(expand_dims(x, axis), Error);
    EXPECT_THROW(moveaxis(x, axis, 0), Error);
    EXPECT_THROW(moveaxis(x, 0, axis), Error);
    EXPECT_THROW(swapaxes(x, axis, 0), Error);
    EXPECT_THROW(repeat(x, 2, axis), Error);
    EXPECT_THROW(roll(x, 1, axis), Error);
    EXPECT_THROW(concatenate({x, x}, axis), Error);
    EXPECT_THROW(stack({x, x}, axis), Error);
    EXPECT_THROW(x.shape(axis), Error);
  }
}

TEST_P(Manipulation, ConvertsAsCastsDo) {
  expect_equal(astype(Array({-1.5, 2.7, 0.0}), Dtype::int32), Array({-1, 2, 0}));
  expect_equal(astype(Array({-1.5, 0.25, 0.0}), Dtype::bool_), Array({true, true, false}));
  expect_equal(astype(Array({300, -1}), Dtype::uint8), Array({44, 255}, Dtype::uint8));
  expect_equal(astype(Array({complex64(1.5f, 2)}), Dtype::float32), Array({1.5}));
  expect_equal(astype(Array({0.1}), Dtype::float16), Array({0.0999755859375}, Dtype::float16));
  Array x({1, 2});
  EXPECT_TRUE(astype(x, Dtype::int32).is_same(x));
}

TEST_P(Manipulation, Reshapes) {
  Array x = range({2, 3});
  expect_equal(reshape(x, {3, -1}), Array({{0, 1}, {2, 3}, {4, 5}}));
  expect_equal(reshape(transpose(x), {-1}), Array({0, 3, 1, 4, 2, 5}));
  expect_equal(reshape(Array(Scalar(3)), {1, 1}), Array({{3}}));
  EXPECT_EQ(reshape(zeros({0, 3}), {-1}).shape(), Shape{0});
  EXPECT_THROW(reshape(x, {4, -1}), Error);
  EXPECT_THROW(reshape(x, {-1, -1}), Error);
  EXPECT_THROW(reshape(x, {-2, 3}), Error);
  EXPECT_THROW(reshape(x, {7}), Error);
  EXPECT_THROW(reshape(zeros({0, 3}), {0, -1}), Error);
}

TEST_P(Manipulation, JoinsAndDividesAxes) {
  Array x = range({2, 3, 4});
  EXPECT_EQ(flatten(x, 1, 2).shape(), (Shape{2, 12}));
  EXPECT_EQ(flatten(x, 0, -2).shape(), (Shape{6, 4}));
  EXPECT_EQ(flatten(Array(Scalar(1))).shape(), Shape{1});
  EXPECT_EQ(unflatten(x, -1, {2, -1}).shape(), (Shape{2, 3, 2, 2}));
  EXPECT_EQ(expand_dims(Array({1, 2}), {0, 2}).shape(), (Shape{1, 2, 1}));
  EXPECT_EQ(expand_dims(x, -1).shape(), (Shape{2, 3, 4, 1}));
  EXPECT_EQ(squeeze(zeros({1, 2, 1})).shape(), Shape{2});
  EXPECT_EQ(squeeze(zeros({1, 2, 1}), -1).shape(), (Shape{1, 2}));
  EXPECT_EQ(atleast_3d(Array({1, 2})).shape(), (Shape{1, 2, 1}));
  EXPECT_EQ(atleast_3d(range({2, 3})).shape(), (Shape{2, 3, 1}));
  EXPECT_EQ(atleast_2d(Array({1, 2})).shape(), (Shape{1, 2}));
  EXPECT_EQ(atleast_1d(Array(Scalar(1))).shape(), Shape{1});
  EXPECT_THROW(flatten(x, 2, 1), Error);
  EXPECT_THROW(unflatten(x, 0, {}), Error);
  EXPECT_THROW(unflatten(x, 1, {2, 2}), Error);
  EXPECT_THROW(expand_dims(x, {0, 0}), Error);
  EXPECT_THROW(squeeze(x, 1), Error);
}

TEST_P(Manipulation, ReordersAxes) {
  Array x = range({2, 3});
  expect_equal(x.T(), Array({{0, 3}, {1, 4}, {2, 5}}));
  Array y = range({2, 3, 4});
  EXPECT_EQ(transpose(y, {2, 0, 1}).shape(), (Shape{4, 2, 3}));
  expect_equal(transpose(y, {2, 0, 1})[{3, 1}], Array({15, 19, 23}));
  EXPECT_EQ(swapaxes(y, 0, -1).shape(), (Shape{4, 3, 2}));
  EXPECT_EQ(moveaxis(y, 0, 2).shape(), (Shape{3, 4, 2}));
  EXPECT_EQ(moveaxis(y, -1, 0).shape(), (Shape{4, 2, 3}));
  EXPECT_THROW(transpose(x, {0}), Error);
  EXPECT_THROW(transpose(x, {0, 0}), Error);
  EXPECT_THROW(swapaxes(x, 0, 2), Error);
}

TEST_P(Manipulation, Broadcasts) {
  expect_equal(broadcast_to(Array({{1}, {2}}), {2, 3}), Array({{1, 1, 1}, {2, 2, 2}}));
  auto both = broadcast_arrays({Array({{1}, {2}}), Array({3, 4})});
  expect_equal(both[0], Array({{1, 1}, {2, 2}}));
  expect_equal(both[1], Array({{3, 4}, {3, 4}}));
  EXPECT_THROW(broadcast_to(Array({1, 2}), {3}), Error);
  EXPECT_THROW(broadcast_to(Array({1, 2}), {}), Error);
  EXPECT_THROW(broadcast_to(Array({1}), {-1}), Error);
}

TEST_P(Manipulation, Slices) {
  Array x = range({4, 5});
  expect_equal(slice(x, {1, 0}, {4, 5}, {2, 3}), Array({{5, 8}, {15, 18}}));
  expect_equal(slice(x, {-1, -1}, {-4, -9}, {-2, -2}), Array({{19, 17, 15}, {9, 7, 5}}));
  EXPECT_EQ(slice(x, {3, 0}, {1, 5}).shape(), (Shape{0, 5}));
  EXPECT_THROW(slice(x, {0}, {1}), Error);
  EXPECT_THROW(slice(x, {0, 0}, {1, 1}, {0, 1}), Error);
}

TEST_P(Manipulation, UpdatesSlices) {
  Array x = zeros({3, 3}, Dtype::int32);
  expect_equal(slice_update(x, Array({1, 2}), {0, 0}, {3, 3}, {2, 2}),
               Array({{1, 0, 2}, {0, 0, 0}, {1, 0, 2}}));
  expect_equal(slice_update(x, Array(Scalar(2.9)), {1, 1}, {2, 2}),
               Array({{0, 0, 0}, {0, 2, 0}, {0, 0, 0}}));
  expect_equal(slice_update(Array({1, 2, 3}), Array({7, 8, 9}), {-1}, {-4}, {-1}),
               Array({9, 8, 7}));
  expect_equal(x, zeros({3, 3}, Dtype::int32));
  EXPECT_THROW(slice_update(x, Array({1, 2}), {0, 0}, {3, 3}), Error);
}

TEST_P(Manipulation, Splits) {
  auto parts = split(range({6}), 3);
  ASSERT_EQ(parts.size(), 3u);
  expect_equal(parts[2], Array({4, 5}));
  parts = split(range({6}), {2, 2, 9});
  ASSERT_EQ(parts.size(), 4u);
  expect_equal(parts[0], Array({0, 1}));
  EXPECT_EQ(parts[1].size(), 0);
  expect_equal(parts[2], Array({2, 3, 4, 5}));
  EXPECT_EQ(parts[3].size(), 0);
  expect_equal(unstack(range({2, 3}), 1)[2], Array({2, 5}));
  EXPECT_THROW(split(range({5}), 2), Error);
  EXPECT_THROW(split(range({5}), 0), Error);
}

TEST_P(Manipulation, ReversesAndRolls) {
  Array x = range({2, 3});
  expect_equal(flip(x), Array({{5, 4, 3}, {2, 1, 0}}));
  expect_equal(flip(x, {1}), Array({{2, 1, 0}, {5, 4, 3}}));
  expect_equal(roll(x, 1), Array({{5, 0, 1}, {2, 3, 4}}));
  expect_equal(roll(x, -4, 1), Array({{1, 2, 0}, {4, 5, 3}}));
  expect_equal(roll(x, 3, 1), x);
  constexpr int64_t lowest = std::numeric_limits<int64_t>::min();
  constexpr int64_t highest = std::numeric_limits<int64_t>::max();
  // -2^63 is 1 modulo 3, 4 modulo 6; 2^63 - 1 is 1 modulo 3 and 6.
  expect_equal(roll(x, lowest, 1), roll(x, 1, 1));
  expect_equal(roll(x, lowest), roll(x, 4));
  expect_equal(roll(x, highest, 1), roll(x, 1, 1));
  expect_equal(roll(x, -highest), roll(x, -1));
}

TEST_P(Manipulation, Joins) {
  Array x = range({2, 2});
  expect_equal(concatenate({x, Array({{9.5, 8.5}})}), Array({{0.0, 1.0}, {2.0, 3.0}, {9.5, 8.5}}));
  expect_equal(concatenate({x, x.T()}, -1), Array({{0, 1, 0, 2}, {2, 3, 1, 3}}));
  expect_equal(concatenate({zeros({0, 2}, Dtype::int32), x}), x);
  expect_equal(stack({Array({1, 2}), Array({3, 4})}, 1), Array({{1, 3}, {2, 4}}));
  expect_equal(stack({Array({1, 2}), Array({3, 4})}), Array({{1, 2}, {3, 4}}));
  EXPECT_THROW(concatenate({}), Error);
  EXPECT_THROW(concatenate({x, Array({1, 2})}), Error);
  EXPECT_THROW(concatenate({x, range({3, 3})}), Error);
  EXPECT_THROW(stack({Array({1, 2}), Array({1})}), Error);
}

TEST_P(Manipulation, Repeats) {
  expect_equal(tile(range({3}), {2, 2}), Array({{0, 1, 2, 0, 1, 2}, {0, 1, 2, 0, 1, 2}}));
  expect_equal(tile(range({2, 2}), {2}), Array({{0, 1, 0, 1}, {2, 3, 2, 3}}));
  expect_equal(repeat(range({2, 2}), 2, 1), Array({{0, 0, 1, 1}, {2, 2, 3, 3}}));
  expect_equal(repeat(range({2, 2}), 2), Array({0, 0, 1, 1, 2, 2, 3, 3}));
  EXPECT_THROW(tile(range({2}), {-1}), Error);
  EXPECT_THROW(repeat(range({2}), -1), Error);
}

TEST_P(Manipulation, Pads) {
  expect_equal(pad(range({3}), {{1, 2}}), Array({0, 0, 1, 2, 0, 0}));
  expect_equal(pad(range({2, 2}), 1, -1),
               Array({{-1, -1, -1, -1}, {-1, 0, 1, -1}, {-1, 2, 3, -1}, {-1, -1, -1, -1}}));
  expect_equal(pad_edge(range({2, 2}), {{1, 0}, {0, 1}}), Array({{0, 1, 1}, {0, 1, 1}, {2, 3, 3}}));
  expect_equal(pad_mirrored(range({3}), {{5, 1}}, false), Array({1, 0, 1, 2, 1, 0, 1, 2, 1}));
  expect_equal(pad_mirrored(range({3}), {{1, 4}}, true), Array({0, 0, 1, 2, 2, 1, 0, 0}));
  EXPECT_THROW(pad_mirrored(zeros({0}), {{1, 0}}, true), ValueError);
  EXPECT_THROW(pad(range({3}), {{-1, 0}}), Error);
  EXPECT_THROW(pad(range({3}), {{1, 0}, {0, 1}}), Error);
  EXPECT_THROW(pad_edge(zeros({0}), {{1, 0}}), Error);
}

TEST_P(Manipulation, CopiesStridedArrays) {
  Array x = range({2, 3}).T();
  expect_equal(contiguous(x), Array({{0, 3}, {1, 4}, {2, 5}}));
  expect_equal(copy(x), Array({{0, 3}, {1, 4}, {2, 5}}));
  expect_equal(stop_gradient(x) + alias(x), Array({{0, 6}, {2, 8}, {4, 10}}));
}

}  // namespace
}  // namespace lazulite
