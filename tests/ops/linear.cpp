#include "lazulite/ops/linear.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>

#include "lazulite/core/errors.h"
#include "lazulite/ops/comparison.h"
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

class Linear : public test::OnEveryBackend {};
LAZULITE_ON_EVERY_BACKEND(Linear);

// Small whole numbers, so that any order of summation gives the same.
Array numbers(const Shape& shape, int modulus) {
  return reshape(arange(element_count(shape), Dtype::float32) % modulus - modulus / 2, shape);
}

// The definition: products of rows and columns, summed.
Array by_definition(const Array& a, const Array& b) {
  return sum(expand_dims(a, -1) * expand_dims(b, -3), -2);
}

TEST_P(Linear, MultipliesMatrices) {
  Array a = numbers({3, 4}, 7), b = numbers({4, 5}, 5);
  expect_equal(matmul(a, b), by_definition(a, b));
  expect_equal(matmul(a, numbers({5, 4}, 5).T()), by_definition(a, numbers({5, 4}, 5).T()));
  expect_equal(matmul(numbers({4, 3}, 7).T(), b), by_definition(numbers({4, 3}, 7).T(), b));
  expect_equal(matmul(a[{Slice{{}, {}, 2}}], b[{Slice{}, Slice{{}, {}, -2}}]),
               by_definition(a, b)[{Slice{{}, {}, 2}, Slice{{}, {}, -2}}]);
}

// Large enough for a library's kernels; times the identity, any rounding of a factor shows.
TEST_P(Linear, RoundsFactorsOfFloat32OnlyWhereAsked) {
  const Array a = ones({1024, 256}) + arange(1024 * 256, Dtype::float32).reshape({1024, 256}) *
                                          Scalar(std::ldexp(1.0f, -23));
  const Array product = matmul(a, eye(256));
  const char* asked = std::getenv("LAZULITE_CUDA_TF32");
  if (GetParam() != "cuda" || !asked || std::string(asked) != "1") return expect_equal(product, a);
  test::expect_close(product, a, std::ldexp(1.0, -10));
  EXPECT_FALSE(array_equal(product, a).item<bool>());
}

TEST_P(Linear, LeavesOutWhatHasNoShare) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double inf = std::numeric_limits<double>::infinity();
  Array a = numbers({2, 3}, 7), b = numbers({3, 2}, 5), bad({nan, inf});
  expect_equal(addmm(bad, a, b, 1, 0), matmul(a, b));
  expect_equal(addmm(bad, a, b, 2, 0), matmul(a, b) * 2);
  expect_equal(addmm(ones({2}), a * nan, b, 0, 3), full({2, 2}, 3.0));
  expect_equal(addmm(bad, a * nan, b, 0, 0), zeros({2, 2}));
  expect_equal(addmm(astype(bad, Dtype::float64), a, b, 1, 0), matmul(a, b).astype(Dtype::float64));
  EXPECT_THROW(addmm(ones({3}), a, b, 1, 0), Error);
  auto gradients = grad([](const Arrays& x) { return Arrays{sum(addmm(x[0], x[1], x[2], 1, 0))}; },
                        {0, 1})({bad, a, b});
  expect_equal(gradients[0], zeros({2}));
  expect_equal(gradients[1], broadcast_to(sum(b, 1), {2, 3}));
}

TEST_P(Linear, BroadcastsBatches) {
  Array a = numbers({2, 1, 3, 4}, 7), b = numbers({5, 4, 2}, 5);
  expect_equal(matmul(a, b), by_definition(a, b));
  expect_equal(matmul(a, numbers({4, 2}, 5)), by_definition(a, numbers({4, 2}, 5)));
  expect_equal(matmul(numbers({3, 4}, 7), b), by_definition(numbers({3, 4}, 7), b));
  expect_equal(matmul(swapaxes(numbers({2, 4, 3}, 7), 1, 2), numbers({4, 2}, 5)),
               by_definition(swapaxes(numbers({2, 4, 3}, 7), 1, 2), numbers({4, 2}, 5)));
}

TEST_P(Linear, ReadsBatchesBackwards) {
  const auto numbers = [](const Shape& shape) {
    return astype(remainder(reshape(arange(element_count(shape)), shape), 7), Dtype::float32);
  };
  const Array x = numbers({6, 40, 60}), y = numbers({60, 50}), z = numbers({6, 60, 50});
  for (const Axes& axes : {Axes{0}, Axes{1}, Axes{2}, Axes{0, 1, 2}}) {
    const Array turned = flip(x, axes);
    expect_equal(matmul(turned, y), matmul(copy(turned), y));
    expect_equal(matmul(turned, z), matmul(copy(turned), z));
    expect_equal(matmul(turned, flip(z, {0})), matmul(copy(turned), copy(flip(z, {0}))));
  }
}

TEST_P(Linear, TakesVectors) {
  Array v({1.0, 2.0, 3.0});
  expect_equal(matmul(v, v), Array(Scalar(14.0)));
  expect_equal(matmul(v, Array({{1.0, 0.0}, {0.0, 1.0}, {1.0, 1.0}})), Array({4.0, 5.0}));
  expect_equal(matmul(Array({{1.0, 0.0, 2.0}}), v), Array({7.0}));
  EXPECT_EQ(matmul(v, zeros({4, 3, 2})).shape(), (Shape{4, 2}));
  EXPECT_EQ(matmul(zeros({4, 2, 3}), v).shape(), (Shape{4, 2}));
}

TEST_P(Linear, PromotesAndKeepsDtypes) {
  EXPECT_EQ(matmul(ones({2, 3}, Dtype::float16), ones({3, 2}, Dtype::bfloat16)).dtype(),
            Dtype::float32);
  expect_equal(matmul(ones({2, 3}, Dtype::float16), ones({3, 2}, Dtype::int32)),
               full({2, 2}, 3, Dtype::float16));
  expect_equal(matmul(ones({2, 3}, Dtype::float64), ones({3, 2})), full({2, 2}, 3, Dtype::float64));
  Array i = full({1, 1}, complex64(0, 1));
  expect_equal(matmul(i, i), full({1, 1}, complex64(-1, 0)));
  // 4096 ones and one small number: float16 alone would lose it.
  Array wide = matmul(ones({1, 4097}, Dtype::float16), ones({4097, 1}, Dtype::float16));
  expect_equal(wide, full({1, 1}, 4096, Dtype::float16));
}

TEST_P(Linear, SumsOverNothing) {
  expect_equal(matmul(zeros({2, 0}), zeros({0, 3})), zeros({2, 3}));
  EXPECT_EQ(matmul(zeros({0, 2}), zeros({2, 3})).shape(), (Shape{0, 3}));
}

TEST_P(Linear, RejectsWhatDoesNotFit) {
  EXPECT_THROW(matmul(zeros({2, 3}), zeros({4, 2})), Error);
  EXPECT_THROW(matmul(Array(Scalar(1.0)), zeros({3})), Error);
  EXPECT_THROW(matmul(zeros({2, 3}, Dtype::int32), zeros({3, 2}, Dtype::int32)), Error);
  EXPECT_THROW(matmul(zeros({2, 2, 3}), zeros({3, 3, 2})), Error);
  EXPECT_THROW(addmm(zeros({3}), zeros({2, 3}), zeros({3, 2})), Error);
  EXPECT_THROW(inner(zeros({3}), zeros({2})), Error);
  EXPECT_THROW(tensordot(zeros({2, 3}), zeros({2, 3}), 1), Error);
}

TEST_P(Linear, BuildsOnMatrixProducts) {
  Array a = numbers({2, 3}, 7), b = numbers({3, 4}, 5), c = numbers({4}, 3);
  expect_equal(addmm(c, a, b, 0.5, 2), by_definition(a, b) * 0.5 + c * 2);
  expect_equal(inner(numbers({2, 3}, 7), numbers({4, 3}, 5)),
               by_definition(numbers({2, 3}, 7), numbers({4, 3}, 5).T()));
  expect_equal(outer(Array({0, 1, 2}), Array({3, 4})), Array({{0, 0}, {3, 4}, {6, 8}}));
  expect_equal(tensordot(a, b, 1), by_definition(a, b));
  Array d = numbers({2, 3, 4}, 7), e = numbers({4, 3, 5}, 5);
  Array both = sum(expand_dims(transpose(d, {0, 2, 1}), -1) * expand_dims(e, 0), {1, 2});
  expect_equal(tensordot(d, e, {1, 2}, {1, 0}), both);
}

}  // namespace
}  // namespace lazulite
