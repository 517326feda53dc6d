#include <gtest/gtest.h>

#include "lazulite/ops/ops.h"
#include "support/backends.h"
#include "support/expect.h"
#include "support/finite_differences.h"

namespace lazulite {
namespace {

using test::expect_close;
using test::expect_gradients;
using test::spread_values;

class ContractionGradients : public test::OnEveryBackend {};
LAZULITE_ON_EVERY_BACKEND(ContractionGradients);

Array product(const Arrays& a) { return matmul(a[0], a[1]); }

TEST_P(ContractionGradients, OfMatrixProducts) {
  expect_gradients(product, {spread_values({2, 3}), spread_values({3, 2}, 1)});
  expect_gradients(product, {spread_values({2, 1, 2, 3}), spread_values({2, 3, 1}, 1)});
  expect_gradients(product, {spread_values({2, 2, 3}), spread_values({3, 2}, 1)});
  expect_gradients(product, {spread_values({3}), spread_values({2, 3, 2}, 1)});
  expect_gradients(product, {spread_values({3}), spread_values({3}, 1)});
  expect_gradients([](const Arrays& a) { return matmul(a[0], a[0].T()); }, {spread_values({2, 3})});
}

// The gradients that MLX 0.32.4 gives: the other factor's conjugate times the cotangent.
TEST_P(ContractionGradients, OfComplexProducts) {
  Array z({complex64(1, 2), complex64(3, -1)}), w({complex64(2, -1), complex64(0.5f, 1)});
  auto [results, gradients] = vjp([](const Arrays& a) { return Arrays{product(a)}; }, {z, w},
                                  {Array(Scalar(complex64(1, 1)))});
  expect_close(gradients[0], Array({complex64(1, 3), complex64(1.5f, -0.5f)}), 1e-6);
  expect_close(gradients[1], Array({complex64(3, -1), complex64(2, 4)}), 1e-6);
}

TEST_P(ContractionGradients, OfConvolutions) {
  auto convolve = [](int stride, int padding, int dilation, int groups) {
    return [=](const Arrays& a) { return conv2d(a[0], a[1], stride, padding, dilation, groups); };
  };
  Array x = spread_values({2, 5, 4, 2}), w = spread_values({2, 3, 2, 2}, 1);
  expect_gradients(convolve(1, 0, 1, 1), {x, w});
  expect_gradients(convolve(1, 2, 1, 1), {x, w});
  // The stride leaves a row of the image unread.
  expect_gradients(convolve(3, 1, 1, 1), {x, w});
  expect_gradients(convolve(2, 1, 2, 1), {x, w});
  expect_gradients(convolve(1, 1, 1, 2), {x, spread_values({4, 3, 2, 1}, 1)});
}

TEST_P(ContractionGradients, OfConvolutionsTwice) {
  expect_gradients([](const Arrays& a) { return square(conv2d(square(a[0]), sin(a[1]), 2, 1)); },
                   {spread_values({1, 3, 4, 1}), spread_values({2, 2, 2, 1}, 1)});
}

TEST_P(ContractionGradients, OfPooling) {
  Array x = spread_values({2, 4, 5, 2});
  expect_gradients([](const Arrays& a) { return square(max_pool2d(a[0], 2)); }, {x});
  expect_gradients(
      [](const Arrays& a) {
        return square(max_pool2d(a[0], {3, 2}, {2, 1}, {1, 1}));
      },
      {x});
  expect_gradients([](const Arrays& a) { return square(avg_pool2d(a[0], 2)); }, {x});
  expect_gradients(
      [](const Arrays& a) {
        return square(avg_pool2d(a[0], {3, 2}, {2, 1}, {1, 1}));
      },
      {x});
}

TEST_P(ContractionGradients, OfMaximaGoToTheFirstOfEquals) {
  std::function<Array(const Array&)> pooled = [](const Array& x) { return sum(max_pool2d(x, 2)); };
  Array g = grad(pooled)(Array({7.0, 7.0, 7.0, 1.0}).reshape({1, 2, 2, 1}));
  test::expect_equal(g.flatten(), Array({1.0, 0.0, 0.0, 0.0}));
}

}  // namespace
}  // namespace lazulite
