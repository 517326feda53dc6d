// Derivatives of cumulative products at zeros and beyond the range, and of linear recurrences.
#include <gtest/gtest.h>

#include <vector>

#include "lazulite/ops/ops.h"
#include "lazulite/transforms/jvp.h"
#include "lazulite/transforms/vmap.h"
#include "support/backends.h"
#include "support/expect.h"
#include "support/finite_differences.h"

namespace lazulite {
namespace {

using test::expect_close;
using test::expect_gradients;
using test::spread_values;

class CumulativeGradients : public test::OnEveryBackend {};
LAZULITE_ON_EVERY_BACKEND(CumulativeGradients);

using Numbers = std::vector<double>;

struct Direction {
  bool reverse, inclusive;
};
constexpr Direction directions[] = {{false, true}, {false, false}, {true, true}, {true, false}};

// Whether element j is a factor of result k.
bool reaches(Direction d, size_t j, size_t k) {
  if (j == k) return d.inclusive;
  return d.reverse ? j > k : j < k;
}

// The product of all factors of result k but i and l.
double product_of_others(const Numbers& x, Direction d, size_t k, size_t i, size_t l) {
  double product = 1;
  for (size_t j = 0; j < x.size(); ++j) {
    if (j != i && j != l && reaches(d, j, k)) product *= x[j];
  }
  return product;
}

// The gradient of sum(w cumprod(x)) and its product with t, written out.
Numbers gradient_of(const Numbers& x, const Numbers& w, Direction d) {
  Numbers out(x.size());
  for (size_t i = 0; i < x.size(); ++i) {
    for (size_t k = 0; k < x.size(); ++k) {
      if (reaches(d, i, k)) out[i] += w[k] * product_of_others(x, d, k, i, i);
    }
  }
  return out;
}
Numbers tangent_of(const Numbers& x, const Numbers& t, Direction d) {
  Numbers out(x.size());
  for (size_t k = 0; k < x.size(); ++k) {
    for (size_t i = 0; i < x.size(); ++i) {
      if (reaches(d, i, k)) out[k] += t[i] * product_of_others(x, d, k, i, i);
    }
  }
  return out;
}
Numbers second_of(const Numbers& x, const Numbers& w, const Numbers& t, Direction d) {
  Numbers out(x.size());
  for (size_t i = 0; i < x.size(); ++i) {
    for (size_t l = 0; l < x.size(); ++l) {
      for (size_t k = 0; k < x.size(); ++k) {
        if (i == l || !reaches(d, i, k) || !reaches(d, l, k)) continue;
        out[i] += w[k] * t[l] * product_of_others(x, d, k, i, l);
      }
    }
  }
  return out;
}

Array array_of(const Numbers& numbers, Dtype dtype) { return astype(Array(numbers), dtype); }

TEST_P(CumulativeGradients, OfProductsAreExactWhereElementsAreZero) {
  const Numbers w = {1, -2, 3, 0.5, 2}, t = {2, 1, -1, 3, 0.5};
  for (Dtype dtype : {Dtype::float64, Dtype::float32, Dtype::bfloat16}) {
    for (unsigned zeros = 0; zeros < 32; ++zeros) {
      Numbers numbers = {2, -1.5, 0.5, 4, -3};
      for (size_t i = 0; i < numbers.size(); ++i) {
        if (zeros >> i & 1) numbers[i] = 0;
      }
      const Array x = array_of(numbers, dtype), weights = array_of(w, dtype);
      const Array along = array_of(t, dtype);
      for (const Direction d : directions) {
        auto products = [d](const Array& a) { return cumprod(a, 0, d.reverse, d.inclusive); };
        auto slope = grad([&](const Array& a) { return sum(weights * products(a)); });
        // bfloat16 has eight digits, of which these numbers need a few.
        const double off = dtype == Dtype::bfloat16 ? 0x1p-7 : 1e-6;
        expect_close(slope(x), array_of(gradient_of(numbers, w, d), dtype), off);
        expect_close(jvp(products, x, along).second, array_of(tangent_of(numbers, t, d), dtype),
                     off);
        if (dtype == Dtype::bfloat16) continue;
        const Array second = array_of(second_of(numbers, w, t, d), dtype);
        expect_close(grad([&](const Array& a) { return sum(along * slope(a)); })(x), second, off);
        expect_close(jvp(slope, x, along).second, second, off);
      }
    }
  }
}

TEST_P(CumulativeGradients, OfProductsKeepTheirDigitsWhereProductsLeaveTheRange) {
  auto slope = [](const Array& x, int64_t result) {
    return grad([&](const Array& a) { return slice(cumprod(a, 0), {result}, {result + 1}).sum(); })(
        x);
  };
  expect_close(slope(Array({1e-25f, 1e-25f, 1e25f, 1e25f}), 3),
               Array({1e25f, 1e25f, 1e-25f, 1e-25f}), 1e-6);
  expect_close(slope(Array({1e30f, 3e30f}), 1), Array({3e30f, 1e30f}), 1e-6);
  expect_close(slope(Array({3e-20f, 2e-20f, 5.f}), 1), Array({2e-20f, 3e-20f, 0.f}), 1e-6);
  // What follows the result does not matter, however large it is.
  expect_close(slope(concatenate({Array({2.f, 3.f}), full({8}, 1e30f)}), 1),
               concatenate({Array({3.f, 2.f}), zeros({8})}), 1e-6);
}

TEST_P(CumulativeGradients, OfComplexProductsAreExactWhereElementsAreZero) {
  const Array w({complex64(1, 1), complex64(2, -1), complex64(0, 3)});
  for (int zero = 0; zero < 3; ++zero) {
    std::vector<complex64> numbers = {complex64(1, 2), complex64(-1, 0.5f), complex64(0.5f, -2)};
    numbers[static_cast<size_t>(zero)] = 0;
    const Array x{numbers};
    auto written_out = [](const Arrays& a) {
      const std::vector<Array> parts = unstack(a[0], 0);
      return Arrays{stack({parts[0], parts[0] * parts[1], parts[0] * parts[1] * parts[2]})};
    };
    auto products = [](const Arrays& a) { return Arrays{cumprod(a[0], 0)}; };
    expect_close(vjp(products, {x}, {w}).second[0], vjp(written_out, {x}, {w}).second[0], 1e-6);
    expect_close(jvp(ArraysFunction(products), {x}, {w}).second[0],
                 jvp(ArraysFunction(written_out), {x}, {w}).second[0], 1e-6);
  }
}

TEST_P(CumulativeGradients, OfProductsAlongAnyAxisAndOfMany) {
  const Array x = where(greater(spread_values({3, 4, 2}), 0.3), 0, spread_values({3, 4, 2}));
  for (int axis = 0; axis < 3; ++axis) {
    for (const Direction d : directions) {
      auto products = [=](const Arrays& a) {
        return square(cumprod(a[0], axis, d.reverse, d.inclusive));
      };
      expect_gradients(products, {x});
    }
  }
  auto slope = [](const Array& a) {
    return grad([](const Array& b) { return sum(square(cumprod(b, 0, true))); })(a);
  };
  std::vector<Array> each;
  for (const Array& one : unstack(x, 1)) each.push_back(slope(one));
  expect_close(vmap(slope, 1, 1)(x), stack(each, 1), 1e-12);
  EXPECT_EQ(grad([](const Array& a) { return sum(cumprod(a, 0)); })(zeros({0, 2})).shape(),
            Shape({0, 2}));
}

TEST_P(CumulativeGradients, OfLinearRecurrences) {
  const Array a = spread_values({3, 4}), b = spread_values({3, 4}, 1);
  for (int axis = 0; axis < 2; ++axis) {
    for (bool reverse : {false, true}) {
      auto recur = [=](const Arrays& x) {
        return linear_recurrence(sin(x[0]), square(x[1]), axis, reverse);
      };
      expect_gradients(recur, {a, b});
    }
  }
  const Array z({complex64(1, 2), complex64(0, -1)});
  auto complex = [](const Arrays& x) { return Arrays{linear_recurrence(x[0], x[1], 0)}; };
  auto written_out = [](const Arrays& x) {
    const std::vector<Array> f = unstack(x[0], 0), s = unstack(x[1], 0);
    return Arrays{stack({s[0], f[1] * s[0] + s[1]})};
  };
  const Arrays given = {z, z * complex64(0.5f, 1)};
  for (size_t i : {0, 1}) {
    expect_close(vjp(complex, given, {z}).second[i], vjp(written_out, given, {z}).second[i], 1e-6);
  }
}

}  // namespace
}  // namespace lazulite
