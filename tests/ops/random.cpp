#include "lazulite/ops/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

#include "lazulite/core/errors.h"
#include "lazulite/ops/comparison.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/reduction.h"
#include "lazulite/transforms/compile.h"
#include "support/backends.h"
#include "support/expect.h"

namespace lazulite {
namespace {

using test::expect_close;
using test::expect_equal;

class Random : public test::OnEveryBackend {};
LAZULITE_ON_EVERY_BACKEND(Random);

// Two units in the last place of float32; near a logarithm's root, of numbers about 1.
constexpr double two_ulp = 2.4e-7;

Array floats(const std::vector<float>& values) {
  return Array(values, {static_cast<int64_t>(values.size())});
}

// The expected numbers are those of MLX 0.32.4 for the same keys.
TEST_P(Random, MakesAndSplitsKeys) {
  expect_equal(random::key(42), Array({0, 42}, Dtype::uint32));
  expect_equal(random::key((uint64_t{1} << 33) + 5), Array({2, 5}, Dtype::uint32));
  auto [first, second] = random::split(random::key(42));
  expect_equal(first, Array({2465931498, 3679230171}, Dtype::uint32));
  expect_equal(second, Array({255383827, 267815257}, Dtype::uint32));
  expect_equal(
      random::split(random::key(42), 3).flatten(),
      Array({3134548294, 3733159049, 3746501087, 894150801, 801545058, 2363201431}, Dtype::uint32));
}

TEST_P(Random, DrawsUniformNumbers) {
  Array key = random::key(42);
  expect_equal(random::uniform({5}, Dtype::float32, key),
               floats({0.7298188805580139f, 0.8691938519477844f, 0.1964380443096161f,
                       0.20818570256233215f, 0.18662425875663757f}));
  expect_equal(random::uniform({2, 2}, Dtype::float32, key).flatten(),
               floats({0.5741444230079651f, 0.8566375374794006f, 0.05946118012070656f,
                       0.06235560029745102f}));
  expect_equal(
      random::uniform({5}, Dtype::float16, key),
      floats({0.72998046875f, 0.869140625f, 0.1964111328125f, 0.2081298828125f, 0.1866455078125f})
          .astype(Dtype::float16));
  expect_equal(random::uniform({5}, Dtype::bfloat16, key),
               floats({0.73046875f, 0.87109375f, 0.1962890625f, 0.2080078125f, 0.1865234375f})
                   .astype(Dtype::bfloat16));
  expect_close(
      random::uniform(2, 5, {4}, Dtype::float32, key),
      floats({3.72243332862854f, 4.569912910461426f, 2.1783835887908936f, 2.1870667934417725f}),
      two_ulp);
}

TEST_P(Random, DrawsIntegers) {
  Array key = random::key(42);
  expect_equal(random::randint(0, 100, {7}, Dtype::int32, key), Array({68, 59, 26, 39, 76, 28, 4}));
  expect_equal(random::randint(-5, 5, {7}, Dtype::int8, key),
               Array({1, 0, -3, -2, 2, -3, -5}, Dtype::int8));
  expect_equal(random::randint(Array({0}), Array({100}), {7}, Dtype::int32, key),
               Array({68, 59, 26, 39, 76, 28, 4}));
  expect_equal(random::randint(Array(5), Array({5, 4}), {2}, Dtype::int32, key), Array({5, 5}));
}

int64_t distinct(const Array& x) {
  std::vector<double> values = x.to_vector<double>();
  return static_cast<int64_t>(std::set<double>(values.begin(), values.end()).size());
}

// Bounds that float32 does not tell apart, or whose numbers it does not.
TEST_P(Random, DrawsAllIntegersOfWideRanges) {
  Array key = random::key(1);
  constexpr int64_t base = int64_t{1} << 40, highest = std::numeric_limits<int64_t>::max();
  constexpr int64_t lowest = std::numeric_limits<int64_t>::min();
  const Shape shape{20000};
  for (const Array& x :
       {random::randint(base, base + 1024, shape, Dtype::int64, key),
        random::randint(Array(base), Array(base + 1024), shape, Dtype::int64, key)}) {
    EXPECT_EQ(distinct(x - base), 1024);
    expect_equal(min(x), Array(base));
    expect_equal(max(x), Array(base + 1023));
    EXPECT_NEAR(mean(x - base).item<double>(), 511.5, 10);
  }
  // All bits are drawn.
  for (const Array& x :
       {random::randint(lowest, highest, shape, Dtype::int64, key),
        random::randint(lowest, uint64_t{1} << 63, shape, Dtype::int64, key),
        random::randint(Array(lowest), Array(highest), shape, Dtype::int64, key)}) {
    for (int bit : {0, 20, 40, 62, 63}) {
      EXPECT_NEAR(mean((x >> bit) & 1).item<double>(), 0.5, 0.02) << bit;
    }
  }
  Array u64 = random::randint(0, std::numeric_limits<uint64_t>::max(), shape, Dtype::uint64, key);
  for (int bit : {0, 31, 32, 63}) {
    EXPECT_NEAR(mean((u64 >> bit) & 1).item<double>(), 0.5, 0.02) << bit;
  }
  Array i32 = random::randint(-100, 2147483647, shape, Dtype::int32, key);
  EXPECT_NEAR(mean(i32 & 1).item<double>(), 0.5, 0.02);
  EXPECT_GE(min(i32).item<int>(), -100);
  EXPECT_NEAR(mean(i32).item<double>(), 1073741773, 2e7);
  expect_equal(max(random::randint(highest - 1, highest, shape, Dtype::int64, key)),
               Array(highest - 1));
  // Arrays of bounds that the dtype does not hold mean the nearest that it does.
  Array narrow = random::randint(Array(-5), Array(300), shape, Dtype::uint8, key);
  EXPECT_EQ(distinct(narrow), 256);
}

TEST_P(Random, RefusesRangesOfIntegers) {
  EXPECT_THROW(random::randint(0, 300, {2}, Dtype::uint8), ValueError);
  EXPECT_THROW(random::randint(-1, 3, {2}, Dtype::uint64), ValueError);
  EXPECT_NO_THROW(random::randint(0, 256, {2}, Dtype::uint8));
  EXPECT_THROW(random::randint(5, 5, {2}), ValueError);
  EXPECT_THROW(random::randint(6, 5, {2}), ValueError);
  EXPECT_THROW(random::randint(1.2, 1.9, {2}), ValueError);
  EXPECT_THROW(random::randint(0, INFINITY, {2}, Dtype::int64), ValueError);
  EXPECT_THROW(random::randint(0, NAN, {2}, Dtype::int64), ValueError);
  EXPECT_THROW(random::randint(0, 3, {2}, Dtype::bool_), ValueError);
  EXPECT_THROW(random::randint(Array({complex64(1)}), Array({5}), {1}), Error);
}

TEST_P(Random, DrawsTheIntegersBetweenFractions) {
  Array key = random::key(4);
  const std::tuple<double, double, int, int> cases[] = {
      {0, 2.5, 0, 3}, {0.5, 3.5, 1, 4}, {-1.5, 1.5, -1, 2}, {-3, 4, -3, 4}, {0, 0x1p40, 0, 0}};
  for (auto [low, high, first, end] : cases) {
    const Dtype dtype = end == 0 ? Dtype::int64 : Dtype::int32;
    Array wanted = end == 0 ? random::randint(0, int64_t{1} << 40, {600}, dtype, key)
                            : random::randint(first, end, {600}, dtype, key);
    expect_equal(random::randint(low, high, {600}, dtype, key), wanted);
    expect_equal(random::randint(Array({low}), Array({high}), {600}, dtype, key), wanted);
    if (end != 0) EXPECT_EQ(distinct(wanted), end - first);
  }
}

TEST_P(Random, StaysBelowTheUpperBound) {
  Array key = random::key(3);
  const Shape shape{20000};
  for (Dtype dtype : {Dtype::float16, Dtype::bfloat16, Dtype::float32, Dtype::float64}) {
    const std::pair<double, double> bounds[] = {{1000, 1001},   {1000, 1008}, {-1001, -1000},
                                                {-1008, -1000}, {0, 1},       {-1, 0},
                                                {-0.5, 1024},   {1e-3, 2e-3}};
    for (auto [low, high] : bounds) {
      for (bool arrays : {false, true}) {
        Array from = Array(low, dtype), to = Array(high, dtype);
        Array x = arrays ? random::uniform(from, to, shape, dtype, key)
                         : random::uniform(low, high, shape, dtype, key);
        if (from.item<double>() == to.item<double>()) {
          expect_equal(x, full(shape, from));
          continue;
        }
        EXPECT_TRUE(bool(all((x >= from) & (x < to))))
            << low << " to " << high << " in " << name_of(dtype);
      }
    }
  }
  // Close to 1001 for all keys: some of 2^24 draws would be rounded up to it.
  expect_equal(max(random::uniform(1000, 1001, {1 << 20}, Dtype::float32, key)),
               Array(1001 - 0x1p-14));
  Array far = random::uniform(-3e38, 3e38, shape, Dtype::float32, key);
  EXPECT_TRUE(bool(all(isfinite(far))));
  EXPECT_NEAR(mean(far > 0).item<double>(), 0.5, 0.02);
  EXPECT_THROW(random::uniform(2, 1, {2}), ValueError);
  EXPECT_THROW(random::uniform(0, std::numeric_limits<double>::infinity(), {2}), ValueError);
  EXPECT_THROW(random::uniform(std::nan(""), 1, {2}), ValueError);
  EXPECT_THROW(random::uniform(0, 1e5, {2}, Dtype::float16), ValueError);
  EXPECT_THROW(random::uniform(Array(0), Array(1), {2}, Dtype::int32), Error);
}

// The mean of the normal distribution between two bounds, by Simpson's rule.
double truncated_mean(double low, double high) {
  double mass = 0, moment = 0;
  const int steps = 2000;
  for (int i = 0; i <= steps; ++i) {
    double x = low + (high - low) * i / steps;
    double density = std::exp(-(x - low) * (x + low) / 2);
    double weight = i == 0 || i == steps ? 1 : i % 2 ? 4 : 2;
    mass += weight * density;
    moment += weight * density * (x - low);
  }
  return low + moment / mass;
}

TEST_P(Random, DrawsTailsFinely) {
  Array key = random::key(4);
  const Shape shape{20000};
  const std::pair<double, double> bounds[] = {{5, 8}, {3.5, 3.6}, {9, 30}, {20, 21}};
  for (Dtype dtype : {Dtype::float32, Dtype::float64}) {
    for (auto [low, high] : bounds) {
      Array x = random::truncated_normal(low, high, shape, dtype, key);
      EXPECT_GE(min(x).item<double>(), Array(low, dtype).item<double>());
      EXPECT_LE(max(x).item<double>(), Array(high, dtype).item<double>());
      EXPECT_GT(distinct(x), 10000) << low;
      double expected = truncated_mean(low, high);
      EXPECT_NEAR(mean(x).item<double>(), expected, (expected - low) * 0.03) << low;
      // The other side is the mirror image.
      expect_equal(random::truncated_normal(-high, -low, shape, dtype, key), -x);
    }
  }
  Array open = random::truncated_normal(6, std::numeric_limits<double>::infinity(), shape,
                                        Dtype::float32, key);
  EXPECT_NEAR(mean(open).item<double>(), truncated_mean(6, 12), 0.005);
  Array mixed = random::truncated_normal(Array({-1.0, 5.0, -8.0}), Array({2.0, 8.0, -5.0}),
                                         {10000, 3}, Dtype::float32, key);
  expect_close(mean(mixed, 0),
               Array({truncated_mean(-1, 2), truncated_mean(5, 8), -truncated_mean(5, 8)}), 0.01,
               0.02);
  // In half precision the steps are those of its numbers.
  Array half = random::truncated_normal(5, 8, shape, Dtype::float16, key);
  EXPECT_GT(distinct(half), 100);
  EXPECT_THROW(random::truncated_normal(8, 5, {2}), ValueError);
}

TEST_P(Random, RefusesImpossibleProbabilities) {
  for (double p : {-0.1, 1.5, std::nan("")}) EXPECT_THROW(random::bernoulli(p, {2}), ValueError);
  expect_equal(random::bernoulli(1.0, {100}), full({100}, true));
  expect_equal(random::bernoulli(0.0, {100}), full({100}, false));
}

TEST_P(Random, DrawsFromDistributions) {
  Array key = random::key(42);
  expect_close(random::normal({5}, Dtype::float32, 0, 1, key),
               floats({0.612265408039093f, 1.1225886344909668f, -0.8544130325317383f,
                       -0.8127323985099792f, -0.8904047012329102f}),
               two_ulp);
  expect_close(random::normal({3}, Dtype::float32, 2, 3, key),
               floats({2.5608069896698f, -1.8419506549835205f, -2.6779379844665527f}), two_ulp,
               two_ulp);
  expect_close(random::normal({3}, Dtype::float16, 0, 1, key),
               floats({0.1868896484375f, -1.28125f, -1.55859375f}).astype(Dtype::float16), 2e-3);
  expect_close(random::normal({2}, Dtype::complex64, 0, 1, key),
               Array({complex64(0.13218346238136292f, 0.7533047795295715f),
                      complex64(-1.1026005744934082f, -1.0856177806854248f)}),
               two_ulp);
  // Its bounds go through erf, whose own error near them is MLX's, not ours.
  expect_close(random::truncated_normal(-1, 2, {4}, Dtype::float32, key),
               floats({0.3282715678215027f, 1.0798438787460327f, -0.8157208561897278f,
                       -0.8074652552604675f}),
               0, 4e-7);
  expect_close(
      random::gumbel({4}, Dtype::float32, key),
      floats({0.5890136957168579f, 1.8660064935684204f, -1.037598729133606f, -1.0206153392791748f}),
      two_ulp, two_ulp);
  expect_close(
      random::laplace({4}, Dtype::float32, 0, 1, key),
      floats({-0.1605079025030136f, -1.2492321729660034f, 2.129283905029297f, 2.081753969192505f}),
      two_ulp, two_ulp);
}

TEST_P(Random, DrawsChoices) {
  Array key = random::key(42);
  expect_equal(random::bernoulli(0.5, {10}, key).astype(Dtype::int32),
               Array({0, 1, 1, 0, 0, 1, 1, 1, 0, 0}));
  expect_equal(random::bernoulli(Array({0.1, 0.9}), {2}, key), Array({true, true}));
  Array logits = log(Array({{0.1, 0.2, 0.7}, {0.5, 0.3, 0.2}}));
  expect_equal(random::categorical(logits, -1, key), Array({2, 2}, Dtype::uint32));
  expect_equal(random::categorical(logits, 0, key), Array({1, 0, 0}, Dtype::uint32));
  expect_equal(random::categorical(logits, 1, 5, key).flatten(),
               Array({2, 2, 2, 2, 2, 0, 2, 1, 0, 0}, Dtype::uint32));
  expect_equal(random::categorical(logits, 1, Shape{3, 2}, random::key(5)),
               Array({{2, 0}, {2, 0}, {2, 0}}, Dtype::uint32));
  EXPECT_THROW(random::categorical(logits, 1, Shape{3}), Error);
  // A single row draws by its distribution function.
  Array row({{0.5, -1.0, 2.0, 0.25}});
  key = random::key(5);
  expect_equal(random::categorical(row, 1, key), Array({2}, Dtype::uint32));
  expect_equal(random::categorical(row, 1, Shape{8}, key),
               Array({2, 0, 2, 0, 2, 2, 0, 2}, Dtype::uint32));
  expect_equal(random::categorical(row.flatten(), 0, key), Array(Scalar(3), Dtype::uint32));
}

TEST_P(Random, DrawsFromTheState) {
  random::seed(0);
  expect_equal(random::uniform({3}),
               floats({0.8724143505096436f, 0.11105155944824219f, 0.2770805358886719f}));
  expect_equal(random::uniform({3}),
               floats({0.47366008162498474f, 0.5662227869033813f, 0.8806023597717285f}));
  random::seed(7);
  expect_close(random::normal({3}),
               floats({-1.420398473739624f, -0.9367081522941589f, 0.9646756052970886f}), two_ulp);
  expect_equal(random::randint(0, 10, {5}), Array({2, 7, 2, 6, 9}));
}

TEST_P(Random, DrawsAnewInCompiledFunctions) {
  auto draw = compile([](const Arrays&) { return Arrays{random::uniform({3})}; });
  // Before anything else: the state may not exist yet when the function is traced.
  EXPECT_FALSE(bool(array_equal(draw({})[0], draw({})[0])));
  random::seed(5);
  Array first = draw({})[0], second = draw({})[0];
  random::seed(5);
  expect_equal(first, random::uniform({3}));
  expect_equal(second, random::uniform({3}));
}

TEST_P(Random, HasTheRightMoments) {
  Array x = random::normal({100000}, Dtype::float32, 0, 1, random::key(3));
  EXPECT_NEAR(mean(x).item<float>(), 0, 0.01);
  EXPECT_NEAR(var(x).item<float>(), 1, 0.02);
  Array y = random::laplace({100000}, Dtype::float32, 1, 2, random::key(3));
  EXPECT_NEAR(mean(y).item<float>(), 1, 0.03);
  EXPECT_NEAR(var(y).item<float>(), 8, 0.3);
  Array narrow = random::bits({4096}, 1, random::key(3));
  EXPECT_EQ(narrow.dtype(), Dtype::uint8);
  EXPECT_NEAR(mean(narrow).item<float>(), 127.5, 5);
}

TEST_P(Random, RejectsBadKeysAndBounds) {
  EXPECT_THROW(random::uniform({2}, Dtype::int32), Error);
  EXPECT_THROW(random::uniform({-1}), Error);
  EXPECT_THROW(random::uniform({2}, Dtype::float32, Array({1, 2})), Error);
  EXPECT_THROW(random::uniform(Array({0.0, 1.0}), Array(Scalar(1.0)), {3}), Error);
  EXPECT_THROW(random::randint(0, 1, {2}, Dtype::float32), Error);
  EXPECT_THROW(random::bernoulli(Array({1, 0}), {2}), Error);
  EXPECT_THROW(random::categorical(Array(Scalar(1.0))), Error);
  EXPECT_THROW(random::bits({2}, 3), Error);
}

TEST_P(Random, StaysBelowBoundsThatAreNextToEachOther) {
  for (Dtype dtype : {Dtype::float16, Dtype::bfloat16, Dtype::float32, Dtype::float64}) {
    const double least = dtype == Dtype::float16    ? 0x1p-24
                         : dtype == Dtype::bfloat16 ? 0x1p-133
                         : dtype == Dtype::float64  ? 0x1p-1074
                                                    : 0x1p-149;
    for (double low : {0.0, -1.0, 3.0, -4.0}) {
      for (double width : {1.0, 2.0}) {
        const double from = low * least, to = (low + width) * least;
        Array bounds[] = {Array(Scalar(from), dtype), Array(Scalar(to), dtype)};
        for (const Array& drawn :
             {random::uniform(from, to, {200}, dtype, random::key(7)),
              random::uniform(bounds[0], bounds[1], {200}, dtype, random::key(7))}) {
          EXPECT_EQ(min(drawn).item<double>(), from) << name_of(dtype) << " from " << low;
          EXPECT_LT(max(drawn).item<double>(), to) << name_of(dtype) << " from " << low;
        }
      }
    }
  }
}

}  // namespace
}  // namespace lazulite
