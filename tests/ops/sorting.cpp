#include "lazulite/ops/sorting.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include "lazulite/core/errors.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/reduction.h"
#include "lazulite/transforms/vjp.h"
#include "support/backends.h"
#include "support/expect.h"

namespace lazulite {
namespace {

using test::expect_equal;

class Sorting : public test::OnEveryBackend {};
LAZULITE_ON_EVERY_BACKEND(Sorting);

TEST_P(Sorting, PutsLinesInOrder) {
  Array x({{3, 1, 2}, {1, 5, 0}});
  expect_equal(sort(x, 1), Array({{1, 2, 3}, {0, 1, 5}}));
  expect_equal(sort(x, 0), Array({{1, 1, 0}, {3, 5, 2}}));
  expect_equal(sort(x, std::nullopt), Array({0, 1, 1, 2, 3, 5}));
  expect_equal(argsort(x, -1), Array({{1, 2, 0}, {2, 0, 1}}, Dtype::uint32));
  expect_equal(argsort(transpose(x), 0), Array({{1, 2}, {2, 0}, {0, 1}}, Dtype::uint32));
  expect_equal(sort(Array(Scalar(5)), -1), Array(Scalar(5)));
  EXPECT_EQ(sort(zeros({2, 0}), 1).shape(), Shape({2, 0}));
  EXPECT_THROW(sort(x, 2), Error);
}

TEST_P(Sorting, KeepsEqualsAndPutsNanLast) {
  const double nan = std::nan(""), inf = INFINITY;
  Array x({nan, 0.0, -1.0, inf, -0.0, nan, -inf, 0.0});
  expect_equal(argsort(x, 0), Array({6, 2, 1, 4, 7, 3, 0, 5}, Dtype::uint32));
  for (Dtype dtype : {Dtype::float16, Dtype::bfloat16, Dtype::float64}) {
    expect_equal(argsort(astype(x, dtype), 0), Array({6, 2, 1, 4, 7, 3, 0, 5}, Dtype::uint32));
  }
  Array z(std::vector<complex64>{{1, 2}, {NAN, 0}, {1, -1}, {0, 5}});
  expect_equal(argsort(z, 0), Array({3, 2, 0, 1}, Dtype::uint32));
  expect_equal(argsort(Array({true, false, true, false}), 0), Array({1, 3, 0, 2}, Dtype::uint32));
  Array wide({INT64_MAX, INT64_MIN, int64_t{-1}, int64_t{0}});
  expect_equal(argsort(wide, 0), Array({1, 2, 3, 0}, Dtype::uint32));
}

// Long lines are sorted by digits; the standard library says what is right.
TEST_P(Sorting, OfLongLinesIsStable) {
  std::mt19937 random(1);
  for (int64_t size : {2999, 3000, 20000}) {
    std::vector<float> values(static_cast<size_t>(size));
    for (float& value : values) {
      value = static_cast<float>(static_cast<int>(random() % 2000) - 1000) * 0.37f;
    }
    std::vector<uint32_t> expected(values.size());
    std::iota(expected.begin(), expected.end(), 0);
    std::stable_sort(expected.begin(), expected.end(),
                     [&](uint32_t a, uint32_t b) { return values[a] < values[b]; });
    EXPECT_EQ(argsort(Array(values), 0).to_vector<uint32_t>(), expected);
  }
}

TEST_P(Sorting, PartitionsAndTakesTheLargest) {
  Array x({5, 1, 4, 2, 3});
  EXPECT_EQ(partition(x, 2, 0)[2].item<int>(), 3);
  EXPECT_EQ(partition(x, -1, 0)[4].item<int>(), 5);
  expect_equal(topk(x, 2, 0), Array({4, 5}));
  expect_equal(topk(Array({{1, 3, 2}, {9, 7, 8}}), 1, 1), Array({{3}, {9}}));
  EXPECT_THROW(topk(x, 6, 0), ValueError);
  // As many as there are, none, and along axes that are not the last.
  Array cube = reshape(Array({5, 1, 4, 2, 9, 7, 3, 8, 6, 0, 11, 10}), {2, 3, 2});
  for (int axis = 0; axis < 3; ++axis) {
    const int64_t size = cube.shape(axis);
    for (int64_t k = 0; k <= size; ++k) {
      Positions starts(3, 0);
      starts[static_cast<size_t>(axis)] = size - k;
      Array wanted =
          slice(sort(cube, axis), starts, Positions(cube.shape().begin(), cube.shape().end()));
      expect_equal(topk(cube, k, axis), wanted);
    }
  }
  EXPECT_THROW(partition(x, 5, 0), ValueError);
}

TEST_P(Sorting, MedianIsTheMiddle) {
  expect_equal(median(Array({3.0, 1.0, 2.0})), Array(Scalar(2.0)));
  expect_equal(median(Array({{4, 1}, {2, 3}})), Array(Scalar(2.5)));
  expect_equal(median(Array({{4, 1, 7}, {2, 3, 9}}), {1}), Array({4.0, 3.0}));
  expect_equal(median(Array({{4, 1, 7}, {2, 3, 9}}), {0}, true), Array({{3.0, 2.0, 8.0}}));
  EXPECT_TRUE(std::isnan(median(Array({1.0, NAN, 2.0})).item<float>()));
  // The mean of two never leaves their range, and keeps the smallest numbers.
  for (float x : {3e38f, -3e38f, 1e-45f, std::numeric_limits<float>::infinity()}) {
    EXPECT_EQ(median(Array({x, x})).item<float>(), x);
  }
  EXPECT_EQ(median(Array({60000, 60002}, Dtype::float16)).item<float>(), 60000);
  EXPECT_EQ(median(Array({-3e38f, 3e38f})).item<float>(), 0);
  EXPECT_THROW(median(zeros({0})), ValueError);
}

TEST_P(Sorting, GradientsGoBackToWhereElementsCameFrom) {
  Array x({3.0, 1.0, 2.0});
  auto weighted = [](const Array& a) { return sum(sort(a, 0) * Array({1.0, 10.0, 100.0})); };
  expect_equal(grad(weighted)(x), Array({100.0, 1.0, 10.0}));
}

TEST_P(Sorting, SearchFindsThePlaceOnEitherSide) {
  Array x({1, 2, 2, 4});
  expect_equal(searchsorted(x, Array({0, 2, 3, 5})), Array({0, 1, 3, 4}, Dtype::uint32));
  expect_equal(searchsorted(x, Array({{0, 2}, {3, 4}}), Side::right),
               Array({{0, 3}, {3, 4}}, Dtype::uint32));
  expect_equal(searchsorted(x, Array({2.5f})), Array({3}, Dtype::uint32));
  expect_equal(searchsorted(zeros({0}), Array({1.f})), Array({0}, Dtype::uint32));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  Array with_nan({1.f, 2.f, nan});
  expect_equal(searchsorted(with_nan, Array({3.f, nan})), Array({2, 2}, Dtype::uint32));
  expect_equal(searchsorted(with_nan, Array({3.f, nan}), Side::right),
               Array({2, 3}, Dtype::uint32));
  expect_equal(searchsorted(arange(1000), arange(1000)), astype(arange(1000), Dtype::uint32));
  EXPECT_THROW(searchsorted(zeros({2, 2}), Array({1})), ValueError);
}

TEST_P(Sorting, UniqueElementsAreInOrder) {
  Unique found = unique(Array({{3, 1, 2}, {3, 1, 1}}), 4);
  expect_equal(found.values, Array({1, 2, 3, 1}));
  expect_equal(found.index, Array({1, 2, 0, 1}, Dtype::uint32));
  expect_equal(found.inverse, Array({{2, 0, 1}, {2, 0, 0}}, Dtype::uint32));
  expect_equal(found.counts, Array({3, 1, 2, 0}));
  Unique fewer = unique(Array({3, 1, 2, 3, 1}), 2);
  expect_equal(fewer.values, Array({1, 2}));
  expect_equal(fewer.inverse, Array({1, 0, 1, 1, 0}, Dtype::uint32));
  expect_equal(unique(Array({3, 1}), 3, Array(Scalar(-1))).values, Array({1, 3, -1}));
  EXPECT_EQ(unique(Array({3, 1}), 0).values.shape(), Shape({0}));
  EXPECT_THROW(unique(Array({3, 1}), -1), ValueError);
  EXPECT_THROW(unique(zeros({0}), 1), ValueError);
}

}  // namespace
}  // namespace lazulite
