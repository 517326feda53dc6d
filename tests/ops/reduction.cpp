#include "lazulite/ops/reduction.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "lazulite/core/errors.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "support/backends.h"
#include "support/expect.h"

namespace lazulite {
namespace {

using test::expect_close;
using test::expect_equal;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();

class Reduction : public test::OnEveryBackend {};
LAZULITE_ON_EVERY_BACKEND(Reduction);

TEST_P(Reduction, FoldsAxes) {
  Array x = arange(24).reshape({2, 3, 4});
  expect_equal(sum(x), Array(Scalar(276)));
  expect_equal(sum(x, 1), Array({{12, 15, 18, 21}, {48, 51, 54, 57}}));
  expect_equal(sum(x, {0, -1}), Array({60, 92, 124}));
  expect_equal(sum(x, {0, 2}, true), Array({{{60}, {92}, {124}}}));
  expect_equal(sum(transpose(x), 2),
               Array({{12, 20, 28}, {14, 22, 30}, {16, 24, 32}, {18, 26, 34}}));
  expect_equal(max(x, {0, 2}), Array({15, 19, 23}));
  expect_equal(min(x, {1}), Array({{0, 1, 2, 3}, {12, 13, 14, 15}}));
  expect_equal(prod(Array({{1, 2}, {3, 4}}), 0), Array({3, 8}));
  expect_equal(any(Array({{0, 2}, {0, 0}}), 1), Array({true, false}));
  expect_equal(all(Array({{1, 2}, {0, 1}}), 1), Array({true, false}));
  expect_equal(count_nonzero(Array({{1, 2}, {0, 1}}), 1), Array({2, 1}));
  EXPECT_THROW(sum(x, 3), Error);
  EXPECT_THROW(sum(x, {0, 0}), Error);
}

TEST_P(Reduction, SumsLikeMlxPromotes) {
  std::pair<Dtype, Dtype> sums[] = {
      {Dtype::bool_, Dtype::int32},       {Dtype::uint8, Dtype::uint32},
      {Dtype::uint16, Dtype::uint32},     {Dtype::uint32, Dtype::uint32},
      {Dtype::uint64, Dtype::uint64},     {Dtype::int8, Dtype::int32},
      {Dtype::int16, Dtype::int32},       {Dtype::int32, Dtype::int32},
      {Dtype::int64, Dtype::int64},       {Dtype::float16, Dtype::float16},
      {Dtype::bfloat16, Dtype::bfloat16}, {Dtype::float32, Dtype::float32},
      {Dtype::float64, Dtype::float64},   {Dtype::complex64, Dtype::complex64}};
  for (auto [from, to] : sums) {
    expect_equal(sum(ones({3}, from)), Array(Scalar(3), to));
    expect_equal(prod(ones({3}, from)), Array(Scalar(1), to));
    expect_equal(max(ones({3}, from)), Array(Scalar(1), from));
  }
  expect_equal(sum(full({2}, 200, Dtype::uint8)), Array(Scalar(400), Dtype::uint32));
}

TEST_P(Reduction, KnowsTheValueOfNothing) {
  Array x = zeros({0, 3});
  expect_equal(sum(x, 0), Array({0.0, 0.0, 0.0}));
  expect_equal(prod(x, 0), Array({1.0, 1.0, 1.0}));
  expect_equal(all(x, 0), Array({true, true, true}));
  expect_equal(any(x, 0), Array({false, false, false}));
  expect_equal(mean(x, 0), Array({nan, nan, nan}));
  EXPECT_EQ(max(x, 1).shape(), Shape{0});
  EXPECT_THROW(max(x, 0), Error);
  EXPECT_THROW(min(x), Error);
  EXPECT_THROW(argmax(x, 1), Error);
  EXPECT_THROW(logsumexp(x, 0), Error);
}

TEST_P(Reduction, Averages) {
  Array x({{1.0, 2.0, 4.0}, {0.0, 0.0, 3.0}});
  expect_close(mean(x), Array(Scalar(10.0 / 6)), 1e-7);
  expect_close(mean(x, 1), Array({7.0 / 3, 1.0}), 3e-7);
  expect_close(mean(Array({1, 2})), Array(Scalar(1.5)), 0);
  expect_close(var(x, 1), Array({14.0 / 9, 2.0}), 1e-6);
  expect_close(var(Array({1.0, 2.0, 4.0}), 0, false, 1), Array(Scalar(7.0 / 3)), 1e-6);
  expect_equal(var(Array({1.0, 2.0, 4.0}), 0, false, 3), Array(Scalar(inf)));
  expect_close(lazulite::std(x, 1, true), Array({{std::sqrt(14.0 / 9)}, {std::sqrt(2.0)}}), 1e-6);
  expect_close(var(Array({complex64(1, 2), complex64(3, -1)})), Array(Scalar(3.25)), 1e-6);
  // The sum of these is beyond float16, their mean is not.
  expect_equal(mean(ones({100000}, Dtype::float16)), Array(Scalar(1), Dtype::float16));
}

TEST_P(Reduction, FindsTheFirstNanWhateverItsBits) {
  Array x(
      std::vector<float>{1, std::bit_cast<float>(0x7fc00005), std::bit_cast<float>(0xffc00009)});
  expect_equal(argmax(x), Array(1, Dtype::uint32));
  expect_equal(argmin(x), Array(1, Dtype::uint32));
}

TEST_P(Reduction, PropagatesNan) {
  Array x({1.0, nan, 3.0});
  expect_equal(max(x), Array(Scalar(nan)));
  expect_equal(min(x), Array(Scalar(nan)));
  expect_equal(argmax(x), Array(Scalar(1), Dtype::uint32));
  expect_equal(argmin(x), Array(Scalar(1), Dtype::uint32));
}

TEST_P(Reduction, FindsPositions) {
  Array x({{1, 3}, {3, 2}});
  expect_equal(argmax(x), Array(Scalar(1), Dtype::uint32));
  expect_equal(argmax(x, 1), Array({1, 0}, Dtype::uint32));
  expect_equal(argmin(x, 0, true), Array({{0, 1}}, Dtype::uint32));
  expect_equal(argmax(Array({7, 7, 7})), Array(Scalar(0), Dtype::uint32));
  EXPECT_THROW(argmax(x, 2), Error);
}

TEST_P(Reduction, NormalisesExponentials) {
  Array x({{0.0, 1.0, 2.0}, {1000.0, 1000.0, 1000.0}});
  double total = 1 + std::exp(1.0) + std::exp(2.0), third = 1.0 / 3;
  Array expected(
      {{1 / total, std::exp(1.0) / total, std::exp(2.0) / total}, {third, third, third}});
  expect_close(softmax(x, 1), expected, 1e-6);
  expect_close(softmax(x.T(), 0), expected.T(), 1e-6);
  expect_close(log_softmax(x, -1), log(expected), 1e-6);
  expect_close(logsumexp(x, 1), Array({std::log(total), 1000 + std::log(3.0)}), 1e-6);
  expect_close(logsumexp(x, 0, true), Array({{1000.0, 1000.0, 1000.0}}), 1e-6);
  expect_close(softmax(x, {0, 1}), Array({{0.0, 0.0, 0.0}, {third, third, third}}), 1e-6);
  expect_close(softmax(Array({0, 0}), 0), Array({0.5, 0.5}), 1e-6);
  expect_close(softmax(Array({{3, 3}, {3, 3}}), {0, 1}), Array({{0.25, 0.25}, {0.25, 0.25}}), 1e-6);
  expect_close(logsumexp(Array({0, 20000, -20000}, Dtype::int16)), Array(Scalar(20000.0)), 1e-6);
  expect_close(softmax(Array(Scalar(3.0)), Axes{}), Array(Scalar(1.0)), 0);
  EXPECT_EQ(softmax(x.astype(Dtype::float16), 1).dtype(), Dtype::float16);
  EXPECT_THROW(softmax(x, 2), Error);
}

TEST_P(Reduction, NormalisesInfinities) {
  expect_equal(logsumexp(Array({-inf, -inf})), Array(Scalar(-inf)));
  expect_equal(logsumexp(Array({inf, 1.0})), Array(Scalar(inf)));
  expect_equal(softmax(Array({inf, 1.0}), 0), Array({nan, nan}));
  expect_equal(softmax(Array({-inf, 0.0}), 0), Array({0.0, 1.0}));
}

TEST_P(Reduction, CountsMoreElementsThanInt32Holds) {
  Array many = broadcast_to(Array(true), {1 << 16, 1 << 15});
  EXPECT_EQ(count_nonzero(many).dtype(), Dtype::int64);
  EXPECT_EQ(count_nonzero(slice(many, {1, 0}, {1 << 16, 1 << 15})).dtype(), Dtype::int32);
}

}  // namespace
}  // namespace lazulite
