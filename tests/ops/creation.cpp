#include "lazulite/ops/creation.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "lazulite/core/errors.h"
#include "lazulite/ops/manipulation.h"
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

// Lengths are counted without overflow, and what cannot be is said with few digits.
TEST_P(Creation, CountsUpInStepsBeyondNumbers) {
  constexpr double inf = std::numeric_limits<double>::infinity();
  auto message_of = [](double start, double stop, double step) -> std::string {
    try {
      arange(start, stop, step);
      return "";
    } catch (const Error& error) {
      return error.what();
    }
  };
  EXPECT_EQ(message_of(0, 1, 1e-300),
            "arange: from 0 to 1 in steps of 1e-300 the elements are 1e+300; at most 2147483647 "
            "are possible");
  EXPECT_EQ(message_of(0, 1, 5e-324),
            "arange: from 0 to 1 in steps of 5e-324 the elements are more than can be counted; at "
            "most 2147483647 are possible");
  EXPECT_EQ(message_of(-inf, 0, 1),
            "arange: from -inf to 0 in steps of 1 there is no finite number of elements");
  EXPECT_EQ(message_of(0, 1, std::numeric_limits<double>::quiet_NaN()),
            "arange: from 0 to 1 in steps of nan there is no finite number of elements");
  expect_equal(arange(0.0, 1.0, inf), Array({0.0}));
  expect_equal(arange(2.5, -1.0, -inf), Array({2.5}));
  expect_equal(arange(0.0, -1.0, inf), zeros({0}));
  expect_equal(arange(1.0, 1e-300, -1e300), Array({1.0}));
  expect_equal(arange(0.0, 5e-324, 1e300), Array({0.0}));
  expect_equal(arange(3.0, 5.0, 1e300, Dtype::int64), Array({3}, Dtype::int64));
  expect_equal(arange(-1e308, 1e308, 1e308, Dtype::float64), Array({-1e308, 0.0}, Dtype::float64));
}

TEST_P(Creation, CountsIntegersExactly) {
  constexpr int64_t big = int64_t{1} << 53;
  constexpr int64_t highest = std::numeric_limits<int64_t>::max();
  constexpr int64_t lowest = std::numeric_limits<int64_t>::min();
  expect_equal(arange(big, big + 3), Array({big, big + 1, big + 2}, Dtype::int64));
  Array steps = arange(0, 144962911544046900, 1449629115440469);
  EXPECT_EQ(steps.shape(), Shape{100});
  EXPECT_EQ(steps.to_vector<int64_t>().back(), 99 * 1449629115440469);
  expect_equal(arange(lowest, highest, highest),
               Array({lowest, int64_t{-1}, highest - 1}, Dtype::int64));
  expect_equal(arange(highest, lowest, lowest), Array({highest, int64_t{-1}}, Dtype::int64));
  expect_equal(arange(2, lowest, lowest), Array({int64_t{2}, lowest + 2}, Dtype::int64));
  constexpr uint64_t beyond = uint64_t{1} << 63;
  expect_equal(arange(beyond - 1, beyond + 2),
               Array({beyond - 1, beyond, beyond + 1}, Dtype::uint64));
  expect_equal(arange(beyond + 1, beyond - 1, -1), Array({beyond + 1, beyond}, Dtype::uint64));
  expect_equal(arange(beyond - 1, beyond + 1, 1, Dtype::float64),
               Array({0x1p63, 0x1p63}, Dtype::float64));
  expect_equal(arange(beyond, beyond + 4096, 2048, Dtype::float64),
               Array({0x1p63, 0x1p63 + 2048}, Dtype::float64));
  expect_equal(arange(0, 256, 85, Dtype::uint8), Array({0, 85, 170, 255}, Dtype::uint8));
  expect_equal(arange(-3, 3, 2, Dtype::bfloat16), Array({-3, -1, 1}, Dtype::bfloat16));
  expect_equal(arange(0.0, -1.0, -0.25), Array({0.0, -0.25, -0.5, -0.75}));
  // Integers go on as their first two do.
  expect_equal(arange(-0.5, 2.0, 1.0, Dtype::int32), Array({0, 0, 0}));
  expect_equal(arange(0.7, 5.0, 1.6, Dtype::int32), Array({0, 2, 4}));
  expect_equal(arange(2.5, -3.0, -1.5, Dtype::int64), Array({2, 1, 0, -1}, Dtype::int64));
  expect_equal(arange(5, 5), zeros({0}, Dtype::int32));
  expect_equal(arange(true), Array({0}));
}

TEST_P(Creation, RefusesWhatTheDtypeCannotHold) {
  EXPECT_THROW(arange(0, 300, 1, Dtype::uint8), ValueError);
  EXPECT_THROW(arange(-1, 3, 1, Dtype::uint64), ValueError);
  EXPECT_THROW(arange(3, -2, -1, Dtype::uint8), ValueError);
  EXPECT_THROW(arange(0.0, 300.0, 100.0, Dtype::int8), ValueError);
  EXPECT_THROW(linspace(0, 300, 4, Dtype::uint8), ValueError);
  EXPECT_THROW(full({}, std::numeric_limits<double>::quiet_NaN(), Dtype::int32), ValueError);
  EXPECT_THROW(arange(std::numeric_limits<double>::infinity(), 0), Error);
  EXPECT_THROW(arange(0, 1, std::numeric_limits<double>::quiet_NaN()), Error);
  EXPECT_THROW(arange(std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()),
               Error);
}

TEST_P(Creation, EndsWhereItIsTold) {
  constexpr int64_t highest = std::numeric_limits<int64_t>::max();
  for (int64_t count : {2, 3, 7, 10, 49, 1000}) {
    for (Dtype dtype : {Dtype::float16, Dtype::bfloat16, Dtype::float32, Dtype::float64}) {
      Array x = linspace(-0.1, 0.7, count, dtype);
      expect_equal(x[0], Array(-0.1, dtype));
      expect_equal(x[-1], Array(0.7, dtype));
    }
    Array whole = linspace(5 - highest, highest, count, Dtype::int64);
    expect_equal(whole[0], Array(5 - highest, Dtype::int64));
    expect_equal(whole[-1], Array(highest, Dtype::int64));
  }
  expect_equal(linspace(0, 2147483647, 3, Dtype::int32), Array({0, 1073741823, 2147483647}));
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
  // Far away from any element, also where the number of the diagonal has no negative.
  constexpr int far = std::numeric_limits<int>::max(), farther = std::numeric_limits<int>::min();
  expect_equal(eye(2, 2, far), zeros({2, 2}));
  expect_equal(eye(2, 2, farther), zeros({2, 2}));
  expect_equal(tri(2, 2, far), ones({2, 2}));
  expect_equal(tri(2, 2, farther), zeros({2, 2}));
  expect_equal(tril(x, far), x);
  expect_equal(tril(x, farther), zeros_like(x));
  expect_equal(triu(x, far), zeros_like(x));
  expect_equal(triu(x, farther), x);
  expect_equal(diag(x, far), zeros({0}, Dtype::int32));
  expect_equal(diag(x, farther), zeros({0}, Dtype::int32));
  EXPECT_THROW(tril(Array({1, 2})), Error);
  EXPECT_THROW(diag(zeros({1, 1, 1})), Error);
}

TEST_P(Creation, TakesDiagonalsOfPlanes) {
  Array x = arange(24).reshape({2, 3, 4});
  expect_equal(diagonal(x, 0, 1, 2), Array({{0, 5, 10}, {12, 17, 22}}));
  expect_equal(diagonal(x, 1), Array({{4, 20}, {5, 21}, {6, 22}, {7, 23}}));
  expect_equal(diagonal(x, -1, 0, 2), Array({{12}, {16}, {20}}));
}

TEST_P(Creation, SpacesNumbersUpToInfiniteEnds) {
  constexpr double inf = std::numeric_limits<double>::infinity();
  expect_equal(linspace(0, inf, 4), Array({0.0, inf, inf, inf}));
  expect_equal(linspace(-inf, 2, 3), Array({-inf, -inf, 2.0}));
  // Infinite in float32, and in float16 once it is rounded.
  expect_equal(linspace(1, 1e300, 3), Array({1.0, inf, inf}));
  expect_equal(linspace(0, 131008, 3, Dtype::float16), Array({0.0, 65504.0, inf}, Dtype::float16));
}

TEST_P(Creation, WindowsRiseToTheMiddle) {
  expect_close(hanning(5), Array({0.f, 0.5f, 1.f, 0.5f, 0.f}), 1e-6, 1e-7);
  expect_close(hamming(3), Array({0.08f, 1.f, 0.08f}), 1e-6, 1e-7);
  expect_close(blackman(5), Array({0.f, 0.34f, 1.f, 0.34f, 0.f}), 1e-6, 1e-7);
  expect_equal(bartlett(5), Array({0.f, 0.5f, 1.f, 0.5f, 0.f}));
  for (auto* window : {hanning, hamming, blackman, bartlett}) {
    expect_equal(window(1), ones({1}));
    EXPECT_EQ(window(0).shape(), Shape({0}));
    EXPECT_EQ(window(-1).shape(), Shape({0}));
  }
}

}  // namespace
}  // namespace lazulite
