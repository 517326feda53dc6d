#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "lazulite/core/errors.h"
#include "lazulite/ops/convolution.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/elementwise.h"
#include "lazulite/ops/indexing.h"
#include "lazulite/ops/linear.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/transforms/vmap.h"
#include "support/backends.h"
#include "support/expect.h"
#include "support/finite_differences.h"
#include "support/random_arrays.h"

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
  try {
    gather_mm(a, b, Array({5}), Array({0})).eval();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const IndexError& error) {
    EXPECT_STREQ(
        error.what(),
        "gather_mm: the index 5 is out of range for an axis of size 2: indices are -2 to 1");
  }
}

// Random sizes, batches, views and dtypes, each block multiplied by itself.
TEST_P(MatrixParts, BlocksOfRandomMatrices) {
  test::Random random(3);
  auto below = [&](uint64_t end) { return static_cast<int64_t>(random() % end); };
  for (int trial = 0; trial < 12; ++trial) {
    const Dtype dtype = trial % 3 == 2 ? Dtype::float64 : Dtype::float32;
    const int64_t m = 1 + below(150), k = 1 + below(150), n = 1 + below(150), batch = 1 + below(2);
    const int64_t size = below(2) ? 32 : 64;
    Array a = test::random_array({batch, m, k}, dtype, random);
    Array b = swapaxes(test::random_array({n, k}, dtype, random), 0, 1);
    auto mask_of = [&](int64_t rows, int64_t columns) {
      if (below(4) == 0) return Array();
      const Shape shape{batch, (rows + size - 1) / size, (columns + size - 1) / size};
      return test::random_array(shape, Dtype::bool_, random);
    };
    const Array out = mask_of(m, n), lhs = mask_of(m, k), one = mask_of(k, n);
    const Array rhs = one.valid() ? one[0] : one;
    auto masked = [&](const Array& x, const Array& mask) {
      if (!mask.valid()) return x;
      Array spread = repeat(repeat(mask, size, -1), size, -2);
      Positions stops(spread.shape().begin(), spread.shape().end());
      stops.end()[-2] = x.shape(-2), stops.end()[-1] = x.shape(-1);
      return where(slice(spread, Positions(spread.ndim(), 0), stops), x, 0);
    };
    expect_close(block_masked_mm(a, b, static_cast<int>(size), out, lhs, rhs),
                 masked(matmul(masked(a, lhs), masked(b, rhs)), out), 1e-5, 1e-4);
  }
}

TEST_P(MatrixParts, SegmentsOfRandomMatrices) {
  test::Random random(4);
  for (Dtype dtype : {Dtype::float32, Dtype::float64}) {
    Array a = swapaxes(test::random_array({300, 70}, dtype, random), 0, 1);
    Array b = test::random_array({300, 600}, dtype, random);
    const Array ends({{{0, 300}, {17, 18}}, {{200, 100}, {0, 40}}, {{250, 299}, {300, 300}}});
    const Array got = segmented_mm(a, b, ends);
    ASSERT_EQ(got.shape(), Shape({3, 2, 70, 600}));
    const std::vector<int> flat = flatten(ends).to_vector<int>();
    for (int64_t i = 0; i < 6; ++i) {
      const int64_t first = flat[2 * i], last = flat[2 * i + 1];
      const Array expected =
          first < last ? matmul(slice(a, {0, first}, {70, last}), slice(b, {first, 0}, {last, 600}))
                       : zeros({70, 600}, dtype);
      expect_close(flatten(got, 0, 1)[i], expected, 1e-5, 1e-4);
    }
  }
}

TEST_P(MatrixParts, SegmentsEndWhereTheMatricesDo) {
  const Array a = numbers({3, 8}), b = numbers({8, 2});
  auto expect_refusal = [](const Array& product, const std::string& message) {
    try {
      product.eval();
      ADD_FAILURE() << "nothing was thrown";
    } catch (const IndexError& error) {
      EXPECT_EQ(error.what(), message);
    }
  };
  expect_refusal(segmented_mm(a, b, Array({{0, 2}, {2, 9}})),
                 "segmented_mm: a segment cannot begin or end at 9 of 8: its ends are 0 to 8");
  expect_refusal(segmented_mm(a, b, Array({-1, 2})),
                 "segmented_mm: a segment cannot begin or end at -1 of 8: its ends are 0 to 8");
  const Array far({uint64_t{1} << 63, uint64_t{1}});
  EXPECT_THROW(segmented_mm(a, b, far).eval(), IndexError);
  auto of_many = vmap([&](const Array& ends) { return segmented_mm(a, b, ends); });
  EXPECT_EQ(of_many(Array({{0, 8}, {8, 8}})).shape(), Shape({2, 3, 2}));
  EXPECT_THROW(of_many(Array({{0, 8}, {8, 10}})).eval(), IndexError);
  set_index_clamping(true);
  const Array clamped = segmented_mm(a, b, Array({-3, 99}));
  set_index_clamping(false);
  expect_close(clamped, matmul(a, b), 1e-5);
}

// What lies outside of a segment does not count, not even as NaN.
TEST_P(MatrixParts, SegmentsDoNotSeeWhatIsOutside) {
  Array a = ones({2, 3}), b({{1.f}, {std::numeric_limits<float>::quiet_NaN()}, {3.f}});
  expect_equal(segmented_mm(a, b, Array({{0, 1}, {2, 3}})),
               Array({{{1.f}, {1.f}}, {{3.f}, {3.f}}}));
}

// Rows that follow each other, the same matrix again and again, transposed ones, several axes.
TEST_P(MatrixParts, PickedRandomMatrices) {
  test::Random random(6);
  for (Dtype dtype : {Dtype::float32, Dtype::float64}) {
    for (int64_t rows : {1, 5}) {
      Array a = test::random_array({3, 4, rows, 40}, dtype, random);
      Array b = swapaxes(test::random_array({6, 530, 40}, dtype, random), 1, 2);
      const Array lhs({3, 4, 5, 6, 7, 1, 11, -12}), rhs({2, 2, 2, 2, 0, 0, 5, 2});
      expect_close(gather_mm(a, b, lhs, rhs),
                   matmul(take(flatten(a, 0, 1), lhs, 0), take(b, rhs, 0)), 1e-5, 1e-4);
      const Array all({{0, 1, 2, 3}, {4, 5, 5, 5}, {1, 1, 1, 1}});
      expect_close(gather_mm(a, b, {}, all), matmul(a, take(b, all, 0)), 1e-5, 1e-4);
    }
  }
}

TEST_P(MatrixParts, AreDifferentiated) {
  const Array a = test::spread_values({3, 4, 5}), b = test::spread_values({2, 5, 6}, 1);
  test::expect_gradients(
      [](const Arrays& x) {
        return gather_mm(x[0], x[1], Array({0, 2, 2}), Array({1, 1, 0}));
      },
      {a, b});
  test::expect_gradients(
      [](const Arrays& x) {
        return segmented_mm(x[0], x[1], Array({{0, 2}, {1, 5}}));
      },
      {test::spread_values({4, 5}), test::spread_values({5, 6}, 1)});
  const Array mask({{true}, {false}});
  test::expect_gradients([&](const Arrays& x) { return block_masked_mm(x[0], x[1], 32, mask); },
                         {test::spread_values({40, 3}), test::spread_values({3, 2}, 1)});
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
