#include <gtest/gtest.h>

#include "lazulite/core/errors.h"
#include "lazulite/ops/ops.h"
#include "lazulite/transforms/vjp.h"
#include "support/expect.h"

namespace lazulite {
namespace {

using test::expect_equal;

const auto product = [](const Arrays& x) { return Arrays{sum(x[0] * x[1])}; };

TEST(IntegerSources, AreConstantUnlessAskedFor) {
  const Arrays inputs = {Array({1, 2}), Array({0.5, 4.0})};
  expect_equal(vjp(product, inputs, {Array(2.0)}).second[0], Array({0, 0}));
  EXPECT_THROW(grad(product)(inputs), Error);
}

TEST(IntegerSources, GetWhatFlowsToThemInTheirDtype) {
  const Arrays inputs = {Array({1, 2}), Array({0.5, 4.0})};
  Arrays found = vjp(product, inputs, {Array(2.0)}, IntegerSources::differentiable).second;
  expect_equal(found[0], Array({1, 8}));
  expect_equal(found[1], Array({2.0, 4.0}));
}

TEST(IntegerSources, GetNothingThroughWhatRounds) {
  auto rounded = [](const Arrays& x) {
    return Arrays{sum(astype(astype(x[0], Dtype::int32), Dtype::float32) * x[1])};
  };
  const Arrays inputs = {Array({1.5, 2.5}), Array({3, 4})};
  Arrays found = vjp(rounded, inputs, {Array(1.0)}, IntegerSources::differentiable).second;
  expect_equal(found[0], Array({0.0, 0.0}));
  expect_equal(found[1], Array({1, 2}));
}

}  // namespace
}  // namespace lazulite
