#include "lazulite/ops/division.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "lazulite/ops/ops.h"
#include "support/backends.h"
#include "support/compare.h"
#include "support/expect.h"
#include "support/random_arrays.h"

namespace lazulite {
namespace {

using test::agree;
using test::expect_equal;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();

class Division : public test::OnEveryBackend {};
LAZULITE_ON_EVERY_BACKEND(Division);

struct Quotient {
  double x, y, quotient, rest;
};

// Signs of zero included.
void expect_quotients(const std::vector<Quotient>& table, Dtype dtype) {
  auto column = [&](double Quotient::*member) {
    std::vector<double> values;
    for (const Quotient& row : table) values.push_back(row.*member);
    return Array(values).astype(dtype).eval();
  };
  Array x = column(&Quotient::x), y = column(&Quotient::y);
  auto [quotient, rest] = divmod(x, y);
  EXPECT_TRUE(agree(quotient, column(&Quotient::quotient))) << name_of(dtype);
  EXPECT_TRUE(agree(rest, column(&Quotient::rest))) << name_of(dtype);
  EXPECT_TRUE(agree(floor_divide(x, y), column(&Quotient::quotient)));
  EXPECT_TRUE(agree(remainder(x, y), column(&Quotient::rest)));
}

// floor_divide and remainder of NumPy 2, every pair of some numbers.
TEST_P(Division, OfFloatingNumbersIsNumPys) {
  // clang-format off
  expect_quotients({
    {0, 0, nan, nan}, {0, -0.0, nan, nan}, {0, 1.0, 0, 0}, {0, -1.0, -0.0, -0.0},
    {0, 0.10000000149011612, 0, 0}, {0, -3.0, -0.0, -0.0}, {0, 5.5, 0, 0},
    {0, 3.0000000054977558e+38, 0, 0}, {0, inf, 0, 0}, {0, -inf, -0.0, -0.0}, {0, nan, nan, nan},
    {-0.0, 0, nan, nan}, {-0.0, -0.0, nan, nan}, {-0.0, 1.0, -0.0, 0}, {-0.0, -1.0, 0, -0.0},
    {-0.0, 0.10000000149011612, -0.0, 0}, {-0.0, -3.0, 0, -0.0}, {-0.0, 5.5, -0.0, 0},
    {-0.0, 3.0000000054977558e+38, -0.0, 0}, {-0.0, inf, -0.0, 0}, {-0.0, -inf, 0, -0.0},
    {-0.0, nan, nan, nan}, {1.0, 0, inf, nan}, {1.0, -0.0, -inf, nan}, {1.0, 1.0, 1.0, 0},
    {1.0, -1.0, -1.0, -0.0}, {1.0, 0.10000000149011612, 9.0, 0.09999998658895493},
    {1.0, -3.0, -1.0, -2.0}, {1.0, 5.5, 0, 1.0}, {1.0, 3.0000000054977558e+38, 0, 1.0},
    {1.0, inf, 0, 1.0}, {1.0, -inf, -1.0, -inf}, {1.0, nan, nan, nan}, {-1.0, 0, -inf, nan},
    {-1.0, -0.0, inf, nan}, {-1.0, 1.0, -1.0, 0}, {-1.0, -1.0, 1.0, -0.0},
    {-1.0, 0.10000000149011612, -10.0, 1.4901161193847656e-08}, {-1.0, -3.0, 0, -1.0},
    {-1.0, 5.5, -1.0, 4.5}, {-1.0, 3.0000000054977558e+38, -1.0, 3.0000000054977558e+38},
    {-1.0, inf, -1.0, inf}, {-1.0, -inf, 0, -1.0}, {-1.0, nan, nan, nan},
    {0.10000000149011612, 0, inf, nan}, {0.10000000149011612, -0.0, -inf, nan},
    {0.10000000149011612, 1.0, 0, 0.10000000149011612},
    {0.10000000149011612, -1.0, -1.0, -0.8999999761581421},
    {0.10000000149011612, 0.10000000149011612, 1.0, 0},
    {0.10000000149011612, -3.0, -1.0, -2.9000000953674316},
    {0.10000000149011612, 5.5, 0, 0.10000000149011612},
    {0.10000000149011612, 3.0000000054977558e+38, 0, 0.10000000149011612},
    {0.10000000149011612, inf, 0, 0.10000000149011612}, {0.10000000149011612, -inf, -1.0, -inf},
    {0.10000000149011612, nan, nan, nan}, {-3.0, 0, -inf, nan}, {-3.0, -0.0, inf, nan},
    {-3.0, 1.0, -3.0, 0}, {-3.0, -1.0, 3.0, -0.0},
    {-3.0, 0.10000000149011612, -30.0, 4.470348358154297e-08}, {-3.0, -3.0, 1.0, -0.0},
    {-3.0, 5.5, -1.0, 2.5}, {-3.0, 3.0000000054977558e+38, -1.0, 3.0000000054977558e+38},
    {-3.0, inf, -1.0, inf}, {-3.0, -inf, 0, -3.0}, {-3.0, nan, nan, nan}, {5.5, 0, inf, nan},
    {5.5, -0.0, -inf, nan}, {5.5, 1.0, 5.0, 0.5}, {5.5, -1.0, -6.0, -0.5},
    {5.5, 0.10000000149011612, 54.0, 0.09999991953372955}, {5.5, -3.0, -2.0, -0.5},
    {5.5, 5.5, 1.0, 0}, {5.5, 3.0000000054977558e+38, 0, 5.5}, {5.5, inf, 0, 5.5},
    {5.5, -inf, -1.0, -inf}, {5.5, nan, nan, nan}, {3.0000000054977558e+38, 0, inf, nan},
    {3.0000000054977558e+38, -0.0, -inf, nan},
    {3.0000000054977558e+38, 1.0, 3.0000000054977558e+38, 0},
    {3.0000000054977558e+38, -1.0, -3.0000000054977558e+38, -0.0},
    {3.0000000054977558e+38, 0.10000000149011612, inf, 0.07959481328725815},
    {3.0000000054977558e+38, -3.0, -9.999999680285692e+37, -1.0},
    {3.0000000054977558e+38, 5.5, 5.454545372348603e+37, 4.0},
    {3.0000000054977558e+38, 3.0000000054977558e+38, 1.0, 0},
    {3.0000000054977558e+38, inf, 0, 3.0000000054977558e+38},
    {3.0000000054977558e+38, -inf, -1.0, -inf}, {3.0000000054977558e+38, nan, nan, nan},
    {inf, 0, inf, nan}, {inf, -0.0, -inf, nan}, {inf, 1.0, nan, nan}, {inf, -1.0, nan, nan},
    {inf, 0.10000000149011612, nan, nan}, {inf, -3.0, nan, nan}, {inf, 5.5, nan, nan},
    {inf, 3.0000000054977558e+38, nan, nan}, {inf, inf, nan, nan}, {inf, -inf, nan, nan},
    {inf, nan, nan, nan}, {-inf, 0, -inf, nan}, {-inf, -0.0, inf, nan}, {-inf, 1.0, nan, nan},
    {-inf, -1.0, nan, nan}, {-inf, 0.10000000149011612, nan, nan}, {-inf, -3.0, nan, nan},
    {-inf, 5.5, nan, nan}, {-inf, 3.0000000054977558e+38, nan, nan}, {-inf, inf, nan, nan},
    {-inf, -inf, nan, nan}, {-inf, nan, nan, nan}, {nan, 0, nan, nan}, {nan, -0.0, nan, nan},
    {nan, 1.0, nan, nan}, {nan, -1.0, nan, nan}, {nan, 0.10000000149011612, nan, nan},
    {nan, -3.0, nan, nan}, {nan, 5.5, nan, nan}, {nan, 3.0000000054977558e+38, nan, nan},
    {nan, inf, nan, nan}, {nan, -inf, nan, nan}, {nan, nan, nan, nan},
  }, Dtype::float32);
  expect_quotients({
    {0, 0, nan, nan}, {0, -1.0, -0.0, -0.0}, {0, 0.1, 0, 0}, {0, 0.7, 0, 0},
    {0, -3e+300, -0.0, -0.0}, {0, inf, 0, 0}, {-1.0, 0, -inf, nan}, {-1.0, -1.0, 1.0, -0.0},
    {-1.0, 0.1, -10.0, 5.551115123125783e-17}, {-1.0, 0.7, -2.0, 0.3999999999999999},
    {-1.0, -3e+300, 0, -1.0}, {-1.0, inf, -1.0, inf}, {0.1, 0, inf, nan}, {0.1, -1.0, -1.0, -0.9},
    {0.1, 0.1, 1.0, 0}, {0.1, 0.7, 0, 0.1}, {0.1, -3e+300, -1.0, -3e+300}, {0.1, inf, 0, 0.1},
    {0.7, 0, inf, nan}, {0.7, -1.0, -1.0, -0.30000000000000004},
    {0.7, 0.1, 6.0, 0.09999999999999992}, {0.7, 0.7, 1.0, 0}, {0.7, -3e+300, -1.0, -3e+300},
    {0.7, inf, 0, 0.7}, {-3e+300, 0, -inf, nan}, {-3e+300, -1.0, 3e+300, -0.0},
    {-3e+300, 0.1, -3e+301, 0.09966352105109522},
    {-3e+300, 0.7, -4.2857142857142864e+300, 0.26283176772000316}, {-3e+300, -3e+300, 1.0, -0.0},
    {-3e+300, inf, -1.0, inf}, {inf, 0, inf, nan}, {inf, -1.0, nan, nan}, {inf, 0.1, nan, nan},
    {inf, 0.7, nan, nan}, {inf, -3e+300, nan, nan}, {inf, inf, nan, nan},
  }, Dtype::float64);
  expect_quotients({
    {-0.0, -0.0, nan, nan}, {-0.0, 1.0, -0.0, 0}, {-0.0, -0.0999755859375, 0, -0.0},
    {-0.0, 3.0, -0.0, 0}, {-0.0, -60000.0, 0, -0.0}, {-0.0, inf, -0.0, 0}, {1.0, -0.0, -inf, nan},
    {1.0, 1.0, 1.0, 0}, {1.0, -0.0999755859375, -11.0, -0.0997314453125}, {1.0, 3.0, 0, 1.0},
    {1.0, -60000.0, -1.0, -60000.0}, {1.0, inf, 0, 1.0}, {-0.0999755859375, -0.0, inf, nan},
    {-0.0999755859375, 1.0, -1.0, 0.89990234375}, {-0.0999755859375, -0.0999755859375, 1.0, -0.0},
    {-0.0999755859375, 3.0, -1.0, 2.900390625}, {-0.0999755859375, -60000.0, 0, -0.0999755859375},
    {-0.0999755859375, inf, -1.0, inf}, {3.0, -0.0, -inf, nan}, {3.0, 1.0, 3.0, 0},
    {3.0, -0.0999755859375, -31.0, -0.0992431640625}, {3.0, 3.0, 1.0, 0},
    {3.0, -60000.0, -1.0, -60000.0}, {3.0, inf, 0, 3.0}, {-60000.0, -0.0, inf, nan},
    {-60000.0, 1.0, -60000.0, 0}, {-60000.0, -0.0999755859375, inf, -0.052001953125},
    {-60000.0, 3.0, -20000.0, 0}, {-60000.0, -60000.0, 1.0, -0.0}, {-60000.0, inf, -1.0, inf},
    {inf, -0.0, -inf, nan}, {inf, 1.0, nan, nan}, {inf, -0.0999755859375, nan, nan},
    {inf, 3.0, nan, nan}, {inf, -60000.0, nan, nan}, {inf, inf, nan, nan},
  }, Dtype::float16);
  // clang-format on
}

// What a quotient rounded down is for: q * y + r = x, in exact arithmetic.
TEST_P(Division, TakesNumbersApart) {
  test::Random random(5);
  Array x = test::uniform_array({4000}, Dtype::float32, random, -1000, 1000);
  Array y = test::uniform_array({4000}, Dtype::float32, random, -3, 3);
  auto [quotient, rest] = divmod(x, y);
  auto q = quotient.to_vector<double>(), r = rest.to_vector<double>();
  auto xs = x.to_vector<double>(), ys = y.to_vector<double>();
  for (size_t i = 0; i < q.size(); ++i) {
    EXPECT_EQ(q[i], std::floor(q[i]));
    EXPECT_TRUE(r[i] == 0 || (r[i] < 0) == (ys[i] < 0));
    EXPECT_LE(std::fabs(r[i]), std::fabs(ys[i]));
    // The remainder of numbers of unlike sign is rounded once.
    EXPECT_NEAR(q[i] * ys[i] + r[i], xs[i], std::fabs(ys[i]) * 0x1p-24);
  }
}

TEST_P(Division, OfIntegers) {
  constexpr int64_t lowest = std::numeric_limits<int64_t>::min();
  constexpr int64_t highest = std::numeric_limits<int64_t>::max();
  Array x({lowest, lowest, highest, int64_t{-7}, int64_t{7}, int64_t{-7}, int64_t{7}, lowest,
           int64_t{0}},
          Dtype::int64);
  Array y({-1, 1, -1, 2, -2, -2, 0, 0, 0}, Dtype::int64);
  auto [quotient, rest] = divmod(x, y);
  expect_equal(quotient, Array({lowest, lowest, -highest, int64_t{-4}, int64_t{-4}, int64_t{3},
                                int64_t{0}, int64_t{0}, int64_t{0}},
                               Dtype::int64));
  expect_equal(rest, Array({int64_t{0}, int64_t{0}, int64_t{0}, int64_t{1}, int64_t{-1},
                            int64_t{-1}, int64_t{7}, lowest, int64_t{0}},
                           Dtype::int64));
  for (Dtype dtype : {Dtype::int8, Dtype::int16, Dtype::int32, Dtype::uint8, Dtype::uint16,
                      Dtype::uint32, Dtype::uint64, Dtype::int64}) {
    test::Random random(9);
    Array a = test::random_array({500}, dtype, random, test::Values::wild);
    Array b = test::random_array({500}, dtype, random, test::Values::wild);
    auto [q, r] = divmod(a, b);
    expect_equal(q * b + r, a);
    expect_equal(any((abs(r) >= abs(b)) & (b != 0) & (abs(b) > 0)), Array(false));
  }
  expect_equal(floor_divide(Array({-128}, Dtype::int8), -1), Array({-128}, Dtype::int8));
  EXPECT_THROW(floor_divide(Array(Scalar(std::complex<float>(3, 4))), 2), Error);
  expect_equal(Array({true, false}) % true, Array({false, false}));
}

// Quotients of whole numbers, which integers of 128 bits count exactly.
template <class T>
void expect_exact_quotients() {
  std::mt19937_64 random(5);
  std::vector<T> xs, ys, expected;
  constexpr int digits = std::numeric_limits<T>::digits;
  for (int i = 0; i < 20000; ++i) {
    auto whole = [&](int bits) { return static_cast<__int128>(random() >> (64 - bits)) | 1; };
    const __int128 x = whole(1 + static_cast<int>(random() % digits)) << (random() % (digits + 9));
    const __int128 y = whole(1 + static_cast<int>(random() % digits));
    const int signs = static_cast<int>(random() % 4);
    const __int128 a = signs & 1 ? -x : x, b = signs & 2 ? -y : y;
    const __int128 quotient = a / b - ((a % b != 0) && ((a < 0) != (b < 0)));
    // The same quotient of fractions.
    const auto scale = static_cast<T>(i % 2 ? 0x1p-30 : 1);
    xs.push_back(static_cast<T>(a) * scale);
    ys.push_back(static_cast<T>(b) * scale);
    expected.push_back(static_cast<T>(quotient));
  }
  std::vector<T> got = floor_divide(Array(xs), Array(ys)).template to_vector<T>();
  for (size_t i = 0; i < got.size(); ++i) {
    ASSERT_EQ(got[i], expected[i]) << xs[i] << " by " << ys[i];
  }
}

TEST_P(Division, RoundsQuotientsOfAnySizeOnce) {
  expect_exact_quotients<float>();
  expect_exact_quotients<double>();
}

}  // namespace
}  // namespace lazulite
