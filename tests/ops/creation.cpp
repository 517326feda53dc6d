#include "lazulite/ops/creation.h"

#include <gtest/gtest.h>

#include <limits>

#include "lazulite/core/errors.h"
#include "support/backends.h"
#include "support/expect.h"

namespace lazulite {
namespace {

using test::expect_close;
using test::expect_equal;

class Creation : public test::OnEveryBackend {};
LAZULITE_ON_EVERY_BACKEND(Creation);

TEST_P(Creation, FillsWithNumbers) {
  expect_equal(full({2, 2}, 7), Array({{7, 7}, {7, 7}}, Dtype::int32));
  expect_equal(full({2}, 2.5), Array({2.5, 2.5}, Dtype::float32));
  expect_equal(full({2}, 3, Dtype::float16), Array({3, 3}, Dtype::float16));
  expect_equal(full({2, 2}, Array({1, 2})), Array({{1, 2}, {1, 2}}));
  expect_equal(zeros({3}), Array({0.0, 0.0, 0.0}));
  expect_equal(ones({}, Dtype::int8), Array(Scalar(1), Dtype::int8));
  expect_equal(zeros_like(Array({1, 2})), Array({0, 0}));
  expect_equal(ones_like(Array({1, 2}), Dtype::complex64), Array({1, 1}, Dtype::complex64));
  EXPECT_EQ(zeros({0, 3}).to_vector<float>().size(), 0u);
}

TEST_P(Creation, CountsUp) {
  expect_equal(arange(5), Array({0, 1, 2, 3, 4}, Dtype::int32));
  expect_equal(arange(10, 0, -3), Array({10, 7, 4, 1}, Dtype::int32));
  expect_equal(arange(1, 3, 0.5), Array({1.0, 1.5, 2.0, 2.5}, Dtype::float32));
  expect_equal(arange(5, Dtype::float16), Array({0, 1, 2, 3, 4}, Dtype::float16));
  expect_equal(arange(3, 1), zeros({0}, Dtype::int32));
  expect_close(arange(0, 1, 0.1),
               Array({0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9}, Dtype::float32), 1e-7);
}

TEST_P(Creation, RejectsEndlessRanges) {
  EXPECT_THROW(arange(0, 5, 0), Error);
  EXPECT_THROW(arange(0, std::numeric_limits<double>::infinity()), Error);
  EXPECT_THROW(arange(0, std::numeric_limits<double>::quiet_NaN()), Error);
  EXPECT_THROW(arange(0, int64_t{1} << 40), Error);
}

TEST_P(Creation, SpacesEvenly) {
  expect_close(linspace(0, 1, 7),
               Array({0.0, 1.0 / 6, 2.0 / 6, 3.0 / 6, 4.0 / 6, 5.0 / 6, 1.0}, Dtype::float32),
               1e-7);
  expect_equal(linspace(0, 10, 5, Dtype::int32), Array({0, 2, 5, 7, 10}, Dtype::int32));
  expect_equal(linspace(3, 4, 1), Array({3.0}, Dtype::float32));
  expect_equal(linspace(0, 1, 0), zeros({0}));
  EXPECT_THROW(linspace(0, 1, -1), Error);
}

TEST_P(Creation, DrawsDiagonals) {
  expect_equal(eye(3, 4, 1),
               Array({{0.0, 1.0, 0.0, 0.0}, {0.0, 0.0, 1.0, 0.0}, {0.0, 0.0, 0.0, 1.0}}));
  expect_equal(eye(2, 2, -1, Dtype::int32), Array({{0, 0}, {1, 0}}));
  expect_equal(identity(2, Dtype::int32), Array({{1, 0}, {0, 1}}));
  expect_equal(tri(3, 4, -1, Dtype::int32), Array({{0, 0, 0, 0}, {1, 0, 0, 0}, {1, 1, 0, 0}}));
  Array x({{1, 2, 3}, {4, 5, 6}, {7, 8, 9}});
  expect_equal(tril(x), Array({{1, 0, 0}, {4, 5, 0}, {7, 8, 9}}));
  expect_equal(triu(x, 1), Array({{0, 2, 3}, {0, 0, 6}, {0, 0, 0}}));
  expect_equal(diag(x, -1), Array({4, 8}));
  expect_equal(diag(Array({1, 2}), 1), Array({{0, 1, 0}, {0, 0, 2}, {0, 0, 0}}));
  EXPECT_THROW(tril(Array({1, 2})), Error);
  EXPECT_THROW(diag(zeros({1, 1, 1})), Error);
}

TEST_P(Creation, TakesDiagonalsOfPlanes) {
  Array x = arange(24).reshape({2, 3, 4});
  expect_equal(diagonal(x, 0, 1, 2), Array({{0, 5, 10}, {12, 17, 22}}));
  expect_equal(diagonal(x, 1), Array({{4, 20}, {5, 21}, {6, 22}, {7, 23}}));
  expect_equal(diagonal(x, -1, 0, 2), Array({{12}, {16}, {20}}));
}

}  // namespace
}  // namespace lazulite
