#include "lazulite/ops/linalg.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "lazulite/core/errors.h"
#include "lazulite/core/no_result.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/indexing.h"
#include "lazulite/ops/linear.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/reduction.h"
#include "lazulite/program/evaluate.h"
#include "lazulite/transforms/vmap.h"
#include "support/backends.h"
#include "support/expect.h"
#include "support/finite_differences.h"
#include "support/random_arrays.h"

namespace lazulite {
namespace {

using test::expect_close;

class Linalg : public test::OnEveryBackend {};
LAZULITE_ON_EVERY_BACKEND(Linalg);

Array transposed(const Array& x) {
  return swapaxes(x.dtype() == Dtype::complex64 ? conjugate(x) : x, -1, -2);
}

Array positive_definite(const Array& x) {
  return matmul(x, transposed(x)) + eye(x.shape(-1), x.dtype());
}

void expect_unitary(const Array& x) {
  expect_close(matmul(transposed(x), x),
               broadcast_to(eye(x.shape(-1), x.dtype()), Shape(x.shape())), 0, 1e-5);
}

TEST_P(Linalg, FactorsGiveTheMatrixAgain) {
  test::Random random(1);
  for (Shape shape : {Shape{1, 1}, Shape{5, 5}, Shape{2, 7, 4}, Shape{3, 6}, Shape{0, 3, 3}}) {
    Array a = test::random_array(shape, Dtype::float32, random);
    auto [q, r] = qr(a);
    expect_close(matmul(q, r), a, 0, 1e-5);
    expect_close(r, triu(r), 0);
    auto [rows, l, u] = lu(a);
    expect_close(matmul(take_along_axis(l, expand_dims(rows, {-1}), -2), u), a, 0, 1e-5);
    auto [left, s, right] = svd(a);
    expect_unitary(left);
    expect_unitary(right);
    const int64_t k = s.shape().back();
    Positions stops(a.shape().begin(), a.shape().end());
    stops.back() = k, stops.end()[-2] = a.shape(-2);
    Positions tops(a.shape().begin(), a.shape().end());
    tops.end()[-2] = k;
    Positions zero(a.ndim(), 0);
    Array product =
        matmul(slice(left, zero, stops) * expand_dims(s, {-2}), slice(right, zero, tops));
    expect_close(product, a, 0, 1e-5);
    expect_close(matmul(matmul(a, pinv(a)), a), a, 0, 1e-4);
  }
}

TEST_P(Linalg, EigenvectorsAreScaled) {
  test::Random random(2);
  for (Dtype dtype : {Dtype::float32, Dtype::float64, Dtype::complex64}) {
    Array a = test::random_array({2, 6, 6}, dtype, random);
    Array symmetric = a + transposed(a);
    for (bool upper : {false, true}) {
      Array triangle = upper ? triu(symmetric) : tril(symmetric);
      auto [values, vectors] = eigh(triangle, upper);
      expect_unitary(vectors);
      expect_close(matmul(symmetric, vectors), vectors * astype(expand_dims(values, {-2}), dtype),
                   0, 1e-4);
    }
    auto [values, vectors] = eig(a);
    Array complex = astype(a, Dtype::complex64);
    expect_close(matmul(complex, vectors), vectors * expand_dims(values, {-2}), 0, 1e-4);
  }
  // A rotation by a quarter, which no real vector survives.
  Array turn = Array({{0.0, -1.0}, {1.0, 0.0}});
  Array values = eig(astype(turn, Dtype::float32)).values;
  expect_close(abs(values), Array({1.0f, 1.0f}), 0, 1e-6);
  expect_close(abs(real(values)), Array({0.0f, 0.0f}), 0, 1e-6);
}

TEST_P(Linalg, SolvesEquations) {
  test::Random random(3);
  Array a = test::random_array({2, 5, 5}, Dtype::float32, random) + 4 * eye(5);
  Array b = test::random_array({5, 3}, Dtype::float32, random);
  expect_close(matmul(a, solve(a, b)), broadcast_to(b, {2, 5, 3}), 0, 1e-4);
  expect_close(matmul(a, inv(a)), broadcast_to(eye(5), {2, 5, 5}), 0, 1e-4);
  Array lower = cholesky(positive_definite(a));
  expect_close(matmul(lower, transposed(lower)), positive_definite(a), 1e-4, 1e-4);
  expect_close(cholesky(positive_definite(a), true), transposed(lower), 0);
  expect_close(matmul(lower, solve_triangular(lower, b)), broadcast_to(b, {2, 5, 3}), 0, 1e-4);
  expect_close(matmul(cholesky_inv(lower), positive_definite(a)), broadcast_to(eye(5), {2, 5, 5}),
               0, 1e-4);
  expect_close(tri_inv(transposed(lower), true), transposed(tri_inv(lower)), 0, 1e-6);
  expect_close(solve(Array({{2.0f, 0.0f}, {0.0f, 4.0f}}), Array({1.0f, 1.0f})),
               Array({0.5f, 0.25f}), 0);
}

TEST_P(Linalg, DeterminantsHaveSignsAndLogarithms) {
  Array a = Array({{{0.0f, 2.0f}, {3.0f, 1.0f}}, {{1.0f, 2.0f}, {2.0f, 4.0f}}});
  expect_close(det(a), Array({-6.0f, 0.0f}), 0);
  auto [sign, log] = slogdet(a);
  expect_close(sign, Array({-1.0f, 0.0f}), 0);
  expect_close(log, Array({std::log(6.0f), -INFINITY}), 1e-6);
  expect_close(det(Array({{2, 1}, {0, 3}})), Array(6.0f), 0);
  auto [no_sign, no_log] = slogdet(Array({{NAN, 1.0f}, {2.0f, 3.0f}}));
  EXPECT_EQ(no_sign.item<float>(), 0);
  EXPECT_TRUE(std::isnan(no_log.item<float>()));
}

TEST_P(Linalg, NormsBySingularValues) {
  Array a = Array({{3.0f, 0.0f, 0.0f}, {0.0f, -4.0f, 0.0f}});
  expect_close(norm(a, {.p = 2}), Array(4.0f), 1e-6);
  expect_close(norm(a, {.p = -2}), Array(3.0f), 1e-6);
  expect_close(norm(a, {.nuclear = true}, {0, 1}, true), Array({{7.0f}}), 1e-6);
}

// Their squares and cubes are out of the range of float16.
TEST_P(Linalg, NormsOfHalvesAreThoseOfTheirNumbers) {
  for (Dtype dtype : {Dtype::float16, Dtype::bfloat16}) {
    Array a = astype(Array({300.0f, 400.0f}), dtype);
    EXPECT_EQ(norm(a).dtype(), dtype);
    expect_close(norm(a), astype(Array(500.0f), dtype), 0);
    expect_close(norm(a, {.p = 3}), astype(Array(std::cbrt(91e6f)), dtype), 1e-2);
    expect_close(norm(reshape(a, {1, 2}), {.frobenius = true}), astype(Array(500.0f), dtype), 0);
    expect_close(grad([](const Array& x) { return norm(x); })(a),
                 astype(Array({0.6f, 0.8f}), dtype), 0);
  }
}

TEST_P(Linalg, DerivativesAreThoseOfDifferences) {
  Array a = test::spread_values({4, 4}) + 2 * eye(4, Dtype::float64);
  Array b = test::spread_values({4, 2}, 1);
  test::expect_gradients([](const Arrays& x) { return solve(x[0], x[1]); }, {a, b});
  test::expect_gradients([](const Arrays& x) { return solve_triangular(x[0], x[1]); }, {a, b});
  test::expect_gradients([](const Arrays& x) { return solve_triangular(x[0], x[1], true); },
                         {a, b});
  test::expect_gradients([](const Arrays& x) { return inv(x[0]); }, {a});
  test::expect_gradients([](const Arrays& x) { return det(x[0]); }, {a});
  test::expect_gradients([](const Arrays& x) { return slogdet(x[0]).log; }, {a});
  test::expect_gradients([](const Arrays& x) { return cholesky(positive_definite(x[0])); }, {a});
}

TEST_P(Linalg, AreMapped) {
  test::Random random(5);
  Array a = test::random_array({3, 4, 4}, Dtype::float32, random) + 3 * eye(4);
  Array b = test::random_array({4}, Dtype::float32, random);
  ArraysFunction many =
      vmap([](const Arrays& x) { return Arrays{solve(x[0], x[1])}; }, {0, std::nullopt});
  expect_close(many({a, b})[0], squeeze(solve(a, expand_dims(b, {-1})), {-1}), 0, 1e-6);
  expect_close(vmap([](const Array& x) { return svd(x).s; })(a), svd(a).s, 0);
  expect_close(vmap([](const Array& x) { return qr(x).r; })(a), qr(a).r, 0);
}

// Many small matrices, which threads share, and one that LAPACK takes in blocks.
TEST_P(Linalg, ManyMatricesAreWhatEachIs) {
  test::Random random(6);
  Array a = test::random_array({700, 3, 3}, Dtype::float32, random);
  Array one = slice(a, {699, 0, 0}, {700, 3, 3});
  expect_close(slice(svd(a).s, {699, 0}, {700, 3}), svd(one).s, 0);
  expect_close(slice(inv(a), {699, 0, 0}, {700, 3, 3}), inv(one), 0);
  expect_close(singular_values(a), svd(a).s, 1e-6, 1e-6);
  Array symmetric = a + transposed(a);
  expect_close(eigvalsh(symmetric), eigh(symmetric).values, 1e-5, 1e-6);
  Array large = test::random_array({150, 150}, Dtype::float64, random);
  expect_close(matmul(large, inv(large)), eye(150, Dtype::float64), 0, 1e-9);
  auto [left, s, right] = svd(large);
  expect_close(matmul(left * s, right), large, 0, 1e-11);
  expect_close(sum(real(eigvals(large))),
               astype(sum(large * eye(150, Dtype::float64)), Dtype::float32), 1e-4, 1e-3);
  // A matrix without a result among many.
  Array bad = concatenate({a, zeros({1, 3, 3})}, 0);
  EXPECT_THROW(eval(inv(bad)), NoResultError);
}

double tolerance_of(Dtype dtype) { return dtype == Dtype::float64 ? 1e-10 : 1e-3; }

// As devices do them whose kernels for small matrices end below.
TEST_P(Linalg, FactorsOfLargerMatricesGiveThemAgain) {
  test::Random random(8);
  for (Dtype dtype : {Dtype::float32, Dtype::float64}) {
    const double tolerance = tolerance_of(dtype);
    for (Shape shape :
         {Shape{33, 40}, Shape{64, 64}, Shape{2, 130, 66}, Shape{66, 130}, Shape{300, 20}}) {
      Array a = test::random_array(shape, dtype, random);
      auto [q, r] = qr(a);
      expect_close(matmul(q, r), a, 0, tolerance);
      expect_close(matmul(transposed(q), q),
                   broadcast_to(eye(q.shape(-1), dtype), Shape(matmul(transposed(q), q).shape())),
                   0, tolerance);
      expect_close(r, triu(r), 0);
      auto [rows, l, u] = lu(a);
      expect_close(matmul(take_along_axis(l, expand_dims(rows, {-1}), -2), u), a, 0, tolerance);
      EXPECT_LE(max(abs(l)).item<double>(), 1.0);
      // The exchanges, one after another, are where the rows went.
      const LuFactors factors = lu_factor(a);
      const auto pivots = astype(factors.pivots, Dtype::int64).to_vector<int64_t>();
      const auto went = astype(factors.rows, Dtype::int64).to_vector<int64_t>();
      const int64_t steps = factors.pivots.shape(-1), count = a.shape(-2);
      for (size_t i = 0; i * count < went.size(); ++i) {
        std::vector<int64_t> order(count);
        std::iota(order.begin(), order.end(), 0);
        for (int64_t k = 0; k < steps; ++k) std::swap(order[k], order[pivots[i * steps + k]]);
        for (int64_t k = 0; k < count; ++k) ASSERT_EQ(went[i * count + order[k]], k);
      }
    }
  }
}

TEST_P(Linalg, SpectraOfLargerMatricesGiveThemAgain) {
  test::Random random(9);
  for (Dtype dtype : {Dtype::float32, Dtype::float64, Dtype::complex64}) {
    const double tolerance = tolerance_of(dtype);
    for (Shape shape : {Shape{2, 90, 70}, Shape{70, 90}, Shape{130, 130}, Shape{200, 257}}) {
      Array a = test::random_array(shape, dtype, random);
      auto [left, s, right] = svd(a);
      const int64_t k = s.shape(-1);
      Array part = left[{ellipsis, Slice{0, k}}] * astype(expand_dims(s, {-2}), dtype);
      expect_close(matmul(part, right[{ellipsis, Slice{0, k}, Slice{}}]), a, 0, tolerance);
      for (const Array& x : {left, right}) {
        Array product = matmul(transposed(x), x);
        expect_close(product, broadcast_to(eye(x.shape(-1), dtype), Shape(product.shape())), 0,
                     tolerance);
      }
      expect_close(singular_values(a), s, 1e-4, tolerance);
      EXPECT_TRUE(all(s[{ellipsis, Slice{0, -1}}] >= s[{ellipsis, Slice{1, {}}}]).item<bool>());
      if (a.shape(-1) != a.shape(-2)) continue;
      Array symmetric = a + transposed(a);
      for (bool upper : {false, true}) {
        auto [values, vectors] = eigh(upper ? triu(symmetric) : tril(symmetric), upper);
        expect_close(matmul(symmetric, vectors), vectors * astype(expand_dims(values, {-2}), dtype),
                     0, tolerance);
        expect_close(eigvalsh(symmetric, upper), values, 1e-4, tolerance);
        EXPECT_TRUE(all(values[{Slice{1, {}}}] >= values[{Slice{0, -1}}]).item<bool>());
      }
    }
  }
}

TEST_P(Linalg, SolvesLargerEquations) {
  test::Random random(10);
  for (Dtype dtype : {Dtype::float32, Dtype::float64}) {
    const double tolerance = tolerance_of(dtype);
    for (int64_t n : {40, 64, 65, 150}) {
      Array a = test::random_array({2, n, n}, dtype, random) + 0.5 * n * eye(n, dtype);
      Array b = test::random_array({2, n, 3}, dtype, random);
      Array identity = broadcast_to(eye(n, dtype), {2, n, n});
      for (const Array& x : {a, swapaxes(a, -1, -2)}) {
        expect_close(matmul(x, solve(x, b)), b, 0, tolerance);
        Array one = solve(x, b[{0, Slice{}, 1}]);
        expect_close(matmul(x, expand_dims(one, {-1})),
                     broadcast_to(expand_dims(b[{0, Slice{}, 1}], {-1}), {2, n, 1}), 0, tolerance);
        expect_close(matmul(x, inv(x)), identity, 0, tolerance);
        expect_close(matmul(tril(x), solve_triangular(x, b)), b, 0, tolerance);
        expect_close(matmul(triu(x), solve_triangular(x, b, true)), b, 0, tolerance);
        auto [sign, log] = slogdet(x);
        Array values = eigvals(x);
        expect_close(log,
                     astype(real(sum(lazulite::log(astype(values, Dtype::complex64)), -1)), dtype),
                     1e-4);
        expect_close(sign, ones_like(sign), 0);
      }
      Array definite = matmul(a, transposed(a));
      Array lower = cholesky(definite * (1.0 / n));
      expect_close(matmul(lower, transposed(lower)), definite * (1.0 / n), 1e-4, tolerance);
      expect_close(lower, tril(lower), 0);
    }
  }
}

// Decompositions of several matrices at once share nothing: each is what it is by itself.
TEST_P(Linalg, ManyLargerMatricesAreWhatEachIs) {
  test::Random random(15);
  const int64_t count = 12, n = 150;
  const Array a = test::random_array({count, n, n}, Dtype::float64, random).eval();
  const Array symmetric = matmul(a, transposed(a)).eval();
  for (int round = 0; round < 2; ++round) {
    const Array general = eigvals(a), values = eigvalsh(symmetric), sizes = singular_values(a),
                inverse = inv(a);
    eval(general, values, sizes, inverse);
    for (int64_t i = 0; i < count; ++i) {
      expect_close(general[i], eigvals(a[i]), 1e-9, 1e-9);
      expect_close(values[i], eigvalsh(symmetric[i]), 1e-9, 1e-9);
      expect_close(sizes[i], singular_values(a[i]), 1e-9, 1e-9);
      expect_close(matmul(inverse[i], a[i]), eye(n, Dtype::float64), 0, 1e-6);
    }
  }
}

TEST_P(Linalg, LargerMatricesWithoutResultsAreSaid) {
  Array good = broadcast_to(eye(100), {2, 100, 100});
  Array singular = concatenate({good, zeros({1, 100, 100})}, 0);
  auto expect_refused = [](const Array& x, const std::string& sentence) {
    try {
      eval(x);
      FAIL() << "was computed";
    } catch (const NoResultError& error) {
      EXPECT_EQ(std::string(error.what()).find(sentence), 0) << error.what();
    }
  };
  expect_refused(inv(singular), "inv: a matrix is singular");
  expect_refused(solve(singular, ones({3, 100, 2})), "solve: a matrix is singular");
  for (double bad : {-1.0, 0.0}) {
    expect_refused(cholesky(concatenate({good, bad * eye(100).reshape({1, 100, 100})}, 0)),
                   "cholesky: a matrix is not positive definite");
  }
  Array last = cholesky(good.at({1, 99, 99}).set(NAN));
  EXPECT_TRUE(isnan(last[{1, 99, 99}]).item<bool>());
  expect_close(last[{0}], eye(100), 0);
  EXPECT_EQ(any(isnan(triu(last, 1))).item<bool>(), false);
  // What depends on it is told, too, and others are not.
  Array after = inv(singular) + 1, beside = inv(good) * 2;
  EXPECT_THROW(eval(after), NoResultError);
  expect_close(beside, 2 * good, 0);
  expect_close(det(singular), Array({1.0f, 1.0f, 0.0f}), 0);
}

TEST_P(Linalg, LargerMatricesOfNoNumbersHaveNoSpectrum) {
  test::Random random(11);
  for (Dtype dtype : {Dtype::float32, Dtype::complex64}) {
    Array a = test::random_array({80, 80}, dtype, random);
    for (float bad : {NAN, INFINITY}) {
      Array spoilt = a.at({5, 3}).set(bad);
      Array both = stack({spoilt, a});
      auto [left, s, right] = svd(both);
      EXPECT_TRUE(all(isnan(s[{0}])).item<bool>());
      EXPECT_TRUE(all(isnan(left[{0}])).item<bool>());
      EXPECT_TRUE(all(isnan(right[{0}])).item<bool>());
      expect_close(s[{1}], singular_values(a), 1e-4, 1e-4);
      auto [values, vectors] = eigh(both);
      EXPECT_TRUE(all(isnan(values[{0}])).item<bool>());
      EXPECT_TRUE(all(isnan(vectors[{0}])).item<bool>());
      EXPECT_FALSE(any(isnan(vectors[{1}])).item<bool>());
      // The other triangle is not read.
      EXPECT_FALSE(any(isnan(eigvalsh(both, true))).item<bool>());
    }
  }
}

// Whatever threads work beside each other.
TEST_P(Linalg, OfLargerMatricesAtOnceAreAlwaysTheSame) {
  test::Random random(12);
  Array a = test::random_array({4, 150, 150}, Dtype::float64, random);
  Array symmetric = a + transposed(a);
  const Arrays first{eigvals(a), eigvalsh(symmetric), singular_values(a), inv(a), qr(a).r};
  for (int round = 0; round < 5; ++round) {
    const Arrays again{eigvals(a), eigvalsh(symmetric), singular_values(a), inv(a), qr(a).r};
    for (size_t i = 0; i < first.size(); ++i) test::expect_equal(again[i], first[i]);
  }
}

TEST_P(Linalg, WhatIsNoNumberHasNoSpectrum) {
  for (float bad : {NAN, INFINITY}) {
    Array a = Array({{1.0f, 0.0f}, {bad, 2.0f}});
    EXPECT_TRUE(all(isnan(svd(a).s)).item<bool>());
    EXPECT_TRUE(all(isnan(svd(a).u)).item<bool>());
    EXPECT_TRUE(all(isnan(eigh(a).values)).item<bool>());
    // The other triangle is not read.
    EXPECT_FALSE(any(isnan(eigh(a, true).values)).item<bool>());
    EXPECT_THROW(eval(eig(a).values), NoResultError);
  }
}

TEST_P(Linalg, SaysWhatHasNoResult) {
  EXPECT_THROW(eval(inv(ones({2, 2}))), NoResultError);
  EXPECT_THROW(eval(cholesky(-eye(2))), NoResultError);
  EXPECT_THROW(inv(ones({2, 3})), ValueError);
  EXPECT_THROW(inv(ones({2})), ValueError);
  EXPECT_THROW(qr(ones({2, 2}, Dtype::int32)), ValueError);
  EXPECT_THROW(solve(eye(3), ones({2})), ValueError);
}

}  // namespace
}  // namespace lazulite
