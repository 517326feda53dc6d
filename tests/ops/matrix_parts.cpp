#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "lazulite/core/errors.h"
#include "lazulite/ops/convolution.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/elementwise.h"
#include "lazulite/ops/linear.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "support/backends.h"
#include "support/expect.h"

namespace lazulite {
namespace {

using test::expect_close;
using test::expect_equal;

class MatrixParts : public test::OnEveryBackend {};
LAZULITE_ON_EVERY_BACKEND(MatrixParts);

Array numbers(const Shape& shape) {
  return reshape(arange(element_count(shape), Dtype::float32), shape) * 0.5f - 1.f;
}

TEST_P(MatrixParts, BlocksAreMaskedWhereTheyAre) {
  Array a = numbers({40, 50}), b = numbers({50, 33});
  Array lhs({{true, false}, {false, true}}), out({{2.f, 0.f}, {1.f, 3.f}});
  Array full_lhs = concatenate({concatenate({ones({32, 32}), zeros({32, 18})}, 1),
                                concatenate({zeros({8, 32}), ones({8, 18})}, 1)});
  Array full_out = concatenate({concatenate({full({32, 32}, 2.f), zeros({32, 1})}, 1),
                                concatenate({ones({8, 32}), full({8, 1}, 3.f)}, 1)});
  expect_close(block_masked_mm(a, b, 32, out, lhs), full_out * matmul(full_lhs * a, b), 1e-5, 1e-3);
  expect_equal(block_masked_mm(a, b, 7), matmul(a, b));
  EXPECT_THROW(block_masked_mm(a, b, 16, out), ValueError);
  EXPECT_THROW(block_masked_mm(a, b, 64, out), ValueError);
}

// What a mask of bools leaves out does not count, not even as NaN.
TEST_P(MatrixParts, BlocksThatAreLeftOutMayBeNaN) {
  Array a = full({64, 64}, std::numeric_limits<float>::quiet_NaN());
  Array mask({{false, false}, {false, false}});
  expect_equal(block_masked_mm(a, ones({64, 2}), 32, {}, mask), zeros({64, 2}));
}

TEST_P(MatrixParts, SegmentsAreProductsOfTheirOwn) {
  Array a = numbers({3, 8}), b = numbers({8, 2});
  Array segments = segmented_mm(a, b, Array({{0, 2}, {2, 8}, {5, 5}}));
  auto part = [&](int64_t from, int64_t to) {
    return matmul(slice(a, {0, from}, {3, to}), slice(b, {from, 0}, {to, 2}));
  };
  expect_close(segments, stack({part(0, 2), part(2, 8), zeros({3, 2})}), 1e-6);
  Array half({{1, 2}, {3, 4}}, Dtype::float16);
  expect_equal(segmented_mm(half, ones({2, 1}, Dtype::float16), Array({0, 1})),
               Array({{1}, {3}}, Dtype::float16));
  EXPECT_THROW(segmented_mm(a, b, Array({0, 2, 3})), ValueError);
  EXPECT_THROW(segmented_mm(a, a, Array({0, 2})), ValueError);
}

TEST_P(MatrixParts, IndicesPickMatrices) {
  Array a = numbers({2, 3, 4}), b = numbers({3, 4, 5});
  Array picked = gather_mm(a, b, Array({0, 1, 1}), Array({2, 0, -1}));
  expect_close(picked, stack({matmul(a[0], b[2]), matmul(a[1], b[0]), matmul(a[1], b[2])}), 1e-6);
  EXPECT_EQ(gather_mm(a, b, Array({{0}, {1}}), Array({0, 2, 1})).shape(), Shape({2, 3, 3, 5}));
  expect_close(gather_mm(a, b, {}, Array({2, 0})), stack({matmul(a[0], b[2]), matmul(a[1], b[0])}),
               1e-6);
  EXPECT_THROW(gather_mm(a, b, Array({0.f}), {}), ValueError);
  EXPECT_THROW(gather_mm(a, b, Array({5}), Array({0})).eval(), IndexError);
}

// Rows of a Hadamard matrix are signs and orthogonal; the whole is its own inverse but for scale
// where it is symmetric.
TEST_P(MatrixParts, HadamardMatricesAreOrthogonal) {
  for (int64_t n : {1, 2, 12, 20, 24, 28, 40, 128, 256}) {
    Array h = hadamard_transform(eye(n), 1.0);
    expect_equal(abs(h), ones({n, n}));
    expect_equal(matmul(h, h.T()), eye(n) * static_cast<float>(n));
  }
  expect_equal(hadamard_transform(Array({1, 2, 3, 4}), 1.0), Array({10.f, -2.f, -4.f, 0.f}));
  expect_close(hadamard_transform(Array({1.f, 2.f, 3.f, 4.f})), Array({5.f, -1.f, -2.f, 0.f}), 0);
  EXPECT_EQ(hadamard_transform(ones({2, 4}, Dtype::float16)).dtype(), Dtype::float16);
  const complex64 i(0, 1);
  expect_equal(hadamard_transform(Array(std::vector<complex64>{i, 2}), 1.0),
               Array(std::vector<complex64>{2.f + i, -2.f + i}));
  EXPECT_THROW(hadamard_transform(ones({36})), ValueError);
  EXPECT_THROW(hadamard_transform(ones({6})), ValueError);
  EXPECT_THROW(hadamard_transform(ones({0})), ValueError);
}

TEST_P(MatrixParts, ConvolutionOfRows) {
  Array a({1.f, 2.f, 3.f}), v({0.f, 1.f, 0.5f});
  expect_close(convolve(a, v), Array({0.f, 1.f, 2.5f, 4.f, 1.5f}), 1e-6);
  expect_close(convolve(a, v, ConvolveMode::same), Array({1.f, 2.5f, 4.f}), 1e-6);
  expect_close(convolve(a, v, ConvolveMode::valid), Array({2.5f}), 1e-6);
  expect_close(convolve(Array({1.f, 2.f}), Array({1.f, 2.f, 3.f, 4.f}), ConvolveMode::same),
               Array({1.f, 4.f, 7.f, 10.f}), 1e-6);
  EXPECT_THROW(convolve(a, zeros({0})), ValueError);
  EXPECT_THROW(convolve(ones({2, 2}), v), ValueError);
}

TEST(EinsumPath, TakesWhatSavesMostFirst) {
  EinsumPath path = einsum_path("ij,jk,kl", {ones({2, 3}), ones({3, 4}), ones({4, 5})});
  EXPECT_EQ(path.steps, (std::vector<std::vector<size_t>>{{1, 2}, {0, 1}}));
  EXPECT_EQ(path.text,
            "  Complete contraction:  ij,jk,kl\n         Naive scaling:  4\n"
            "     Optimized scaling:  3\n      Naive FLOP count:  360\n"
            "  Optimized FLOP count:  180\n");
  EXPECT_EQ(einsum_path("ii->i", {ones({2, 2})}).steps, (std::vector<std::vector<size_t>>{{0}}));
  // No pair has a result that is not larger than all operands: but for an outer one, all at once.
  path = einsum_path("ijk,ilm,njm,nlk,abc->", {ones({2, 3, 4}), ones({2, 5, 6}), ones({7, 3, 6}),
                                               ones({7, 5, 4}), ones({2, 2, 2})});
  EXPECT_EQ(path.steps, (std::vector<std::vector<size_t>>{{0, 4}, {0, 1, 2, 3}}));
}

TEST_P(MatrixParts, EinsumDoesNotDependOnItsPath) {
  Array a = numbers({2, 3}), b = numbers({3, 4}), c = numbers({4, 5}), d = numbers({5, 2});
  expect_close(einsum("ij,jk,kl,lm->im", {a, b, c, d}), matmul(matmul(a, b), matmul(c, d)), 1e-5);
  expect_close(einsum("ij,jk,kl,li", {a, b, c, d}),
               einsum("ii", {matmul(matmul(a, b), matmul(c, d))}), 1e-5);
}

}  // namespace
}  // namespace lazulite
