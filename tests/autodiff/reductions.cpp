#include <gtest/gtest.h>

#include "lazulite/ops/ops.h"
#include "support/backends.h"
#include "support/expect.h"
#include "support/finite_differences.h"

namespace lazulite {
namespace {

using test::expect_equal;
using test::expect_gradients;
using test::spread_values;

class ReductionGradients : public test::OnEveryBackend {};
LAZULITE_ON_EVERY_BACKEND(ReductionGradients);

TEST_P(ReductionGradients, SpreadOverWhatWasFolded) {
  Array x = spread_values({2, 3, 4});
  expect_gradients([](const Arrays& a) { return square(sum(a[0], {0, 2})); }, {x});
  expect_gradients([](const Arrays& a) { return square(mean(a[0], 1, true)); }, {x});
  expect_gradients([](const Arrays& a) { return var(a[0], {0, 1}); }, {x});
  expect_gradients([](const Arrays& a) { return square(max(a[0], 1)); }, {x});
  expect_gradients([](const Arrays& a) { return square(min(a[0])); }, {x});
}

TEST_P(ReductionGradients, OfProductsAreExactAtZeros) {
  expect_gradients([](const Arrays& a) { return prod(a[0], {0, 2}); }, {spread_values({2, 2, 3})});
  expect_gradients([](const Arrays& a) { return prod(a[0], 1); },
                   {Array({{0.5, 0, 2, -1, 3}, {0, 1, 0, 2, 4}}, Dtype::float64)});
}

// As MLX 0.32.4 does.
TEST_P(ReductionGradients, AreSharedByEqualExtremes) {
  std::function<Array(const Array&)> largest = [](const Array& x) { return max(x); };
  expect_equal(grad(largest)(Array({1.0, 3.0, 3.0, 2.0})), Array({0.0, 0.5, 0.5, 0.0}));
  std::function<Array(const Array&)> rows = [](const Array& x) { return sum(min(x, 1)); };
  expect_equal(grad(rows)(Array({{5.0, 5.0, 5.0, 5.0}, {1.0, 2.0, 3.0, 4.0}})),
               Array({{0.25, 0.25, 0.25, 0.25}, {1.0, 0.0, 0.0, 0.0}}));
}

TEST_P(ReductionGradients, DoNotFlowThroughDiscreteResults) {
  std::function<Array(const Array&)> discrete = [](const Array& x) {
    Array found = astype(argmax(x, 0), Dtype::float32) + astype(any(x), Dtype::float32) +
                  random::uniform({}, Dtype::float32, random::key(1)) + arange(1)[0];
    return found * x[0];
  };
  Array x({0.0, 2.0});
  float drawn = random::uniform({}, Dtype::float32, random::key(1)).item<float>();
  expect_equal(grad(discrete)(x), Array({2.0f + drawn, 0.0f}));
}

TEST_P(ReductionGradients, OfNormalisedExponentials) {
  Array x = spread_values({3, 4}) * 3.0;
  expect_gradients([](const Arrays& a) { return softmax(a[0], 1); }, {x});
  expect_gradients([](const Arrays& a) { return log_softmax(a[0], 0); }, {x});
  expect_gradients([](const Arrays& a) { return logsumexp(a[0], 1); }, {x});
  expect_gradients([](const Arrays& a) { return logsumexp(a[0]); }, {x});
  expect_gradients([](const Arrays& a) { return softmax(a[0], {0, 1}) * a[0]; }, {x});
}

}  // namespace
}  // namespace lazulite
