#include <gtest/gtest.h>

#include <cmath>

#include "lazulite/core/errors.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/linear.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/reduction.h"
#include "support/backends.h"
#include "support/expect.h"

namespace lazulite {
namespace {

using test::expect_close;
using test::expect_equal;

class Einsum : public test::OnEveryBackend {};
LAZULITE_ON_EVERY_BACKEND(Einsum);

Array numbers(const Shape& shape) {
  return reshape(arange(element_count(shape), Dtype::float32), shape) * 0.5f - 1.f;
}

TEST_P(Einsum, NamesWhatOtherOperationsDo) {
  Array a = numbers({2, 3}), b = numbers({3, 4}), c = numbers({5, 2, 3}), d = numbers({5, 3, 2});
  expect_equal(einsum("ij,jk->ik", {a, b}), matmul(a, b));
  expect_equal(einsum("ij,jk", {a, b}), matmul(a, b));
  expect_equal(einsum("ij->ji", {a}), transpose(a));
  expect_equal(einsum("ji", {a}), transpose(a));
  expect_equal(einsum("ij->", {a}), sum(a));
  expect_equal(einsum("ij->j", {a}), sum(a, {0}));
  expect_equal(einsum("bij,bjk->bik", {c, d}), matmul(c, d));
  expect_equal(einsum("...ij,...jk->...ik", {c, d}), matmul(c, d));
  expect_equal(einsum("...ij,jk", {c, b}), matmul(c, b));
  expect_equal(einsum("i,j->ij", {a[0], b[0]}), outer(a[0], b[0]));
  expect_equal(einsum("i,i->", {a[0], a[1]}), sum(a[0] * a[1]));
  expect_equal(einsum("ij,ij->ij", {a, a}), a * a);
  expect_equal(einsum("b...,b...->b...", {c, c}), c * c);
}

TEST_P(Einsum, TakesDiagonals) {
  Array a = numbers({3, 3}), b = numbers({3, 2, 3});
  expect_equal(einsum("ii->i", {a}), diagonal(a));
  expect_equal(einsum("ii", {a}), sum(diagonal(a)));
  expect_equal(einsum("iji->ji", {b}), diagonal(b, 0, 0, 2));
}

TEST_P(Einsum, OfSeveralOperandsAndOfIntegers) {
  Array a = numbers({2, 3}), b = numbers({3, 4}), c = numbers({4, 2});
  expect_close(einsum("ij,jk,kl->il", {a, b, c}), matmul(matmul(a, b), c), 1e-5);
  expect_close(einsum("ij,jk,ki->", {a, b, c}), sum(diagonal(matmul(matmul(a, b), c))), 1e-5);
  Array n({{1, 2}, {3, 4}});
  expect_equal(einsum("ij,jk->ik", {n, n}), Array({{7, 10}, {15, 22}}));
}

TEST_P(Einsum, SaysWhatIsWrong) {
  Array a = numbers({2, 3});
  EXPECT_THROW(einsum("ij,jk->ik", {a}), ValueError);
  EXPECT_THROW(einsum("i->i", {a}), ValueError);
  EXPECT_THROW(einsum("ij,jk->ik", {a, a}), ValueError);
  EXPECT_THROW(einsum("ij->iz", {a}), ValueError);
  EXPECT_THROW(einsum("ij->ii", {a}), ValueError);
  EXPECT_THROW(einsum("i1->i", {a}), ValueError);
  EXPECT_THROW(einsum("", {}), ValueError);
}

TEST_P(Einsum, NormsAreThoseOfTheirNames) {
  Array v({3.0, -4.0, 0.0}), m({{1, -2}, {3, 4}});
  auto of = [](const Array& x, double p) { return norm(x, {p, false}); };
  expect_close(norm(v), Array(Scalar(5.0)), 1e-6);
  expect_close(of(v, 1), Array(Scalar(7.0)), 1e-6);
  expect_close(of(v, INFINITY), Array(Scalar(4.0)), 1e-6);
  expect_close(of(v, -INFINITY), Array(Scalar(0.0)), 1e-6);
  expect_close(of(v, 0), Array(Scalar(2.0)), 1e-6);
  expect_close(of(v, 3), Array(Scalar(std::cbrt(91.0))), 1e-6);
  expect_close(norm(m), Array(Scalar(std::sqrt(30.0))), 1e-6);
  expect_close(norm(m, {std::nullopt, true}), Array(Scalar(std::sqrt(30.0))), 1e-6);
  expect_close(of(m, 1), Array(Scalar(6.0)), 1e-6);
  expect_close(of(m, -1), Array(Scalar(4.0)), 1e-6);
  expect_close(of(m, INFINITY), Array(Scalar(7.0)), 1e-6);
  expect_close(norm(m, {}, {1}), Array({std::sqrt(5.0), 5.0}), 1e-6);
  EXPECT_EQ(norm(m, {}, {0}, true).shape(), Shape({1, 2}));
  const Array c = astype(m, Dtype::complex64);
  EXPECT_EQ(of(c, 1).dtype(), Dtype::complex64);
  EXPECT_EQ(norm(c, {3, false}, {0}).dtype(), Dtype::complex64);
  EXPECT_EQ(norm(c, {2, false}, {0}).dtype(), Dtype::float32);
  EXPECT_EQ(norm(c).dtype(), Dtype::float32);
  EXPECT_THROW(of(m, 3), ValueError);
}

TEST_P(Einsum, CrossProducts) {
  expect_equal(cross(Array({1.0, 0.0, 0.0}), Array({0.0, 1.0, 0.0})), Array({0.0, 0.0, 1.0}));
  expect_equal(cross(Array({1, 2, 3}), Array({4, 5, 6})), Array({-3, 6, -3}));
  expect_equal(cross(Array({1, 2}), Array({3, 4})), Array({0, 0, -2}));
}

}  // namespace
}  // namespace lazulite
