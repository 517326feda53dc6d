#include "lazulite/ops/random.h"

#include <gtest/gtest.h>

#include "lazulite/core/errors.h"
#include "lazulite/ops/comparison.h"
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
  expect_equal(random::randint(-100, 2147483647, {3}, Dtype::int32, key),
               Array({1232965632, 215088080, 127691808}));
  expect_equal(random::randint(0, int64_t{1} << 40, {3}, Dtype::int64, key),
               Array({631278469120, 110125146112, 65378258944}, Dtype::int64));
  expect_equal(random::randint(5, 5, {2}, Dtype::int32, key), Array({5, 5}));
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

}  // namespace
}  // namespace lazulite
