// Conversions, views and movers of elements.
#include <gtest/gtest.h>

#include "lazulite/core/errors.h"
#include "lazulite/ops/ops.h"
#include "lazulite/transforms/vjp.h"
#include "support/backends.h"
#include "support/expect.h"
#include "support/finite_differences.h"

namespace lazulite {
namespace {

using test::expect_equal;
using test::expect_gradients;
using test::spread_values;

class ViewGradients : public test::OnEveryBackend {};
LAZULITE_ON_EVERY_BACKEND(ViewGradients);

TEST_P(ViewGradients, FlowThroughConversionsBetweenFloats) {
  auto f = [](const Array& x) { return sum(astype(x, Dtype::float64) * 3.0); };
  Array g = grad(std::function<Array(const Array&)>(f))(Array({1.0, 2.0}));
  expect_equal(g, Array({3.0, 3.0}, Dtype::float32));
}

TEST_P(ViewGradients, StopAtIntegersAndStopGradient) {
  std::function<Array(const Array&)> cut = [](const Array& x) {
    return sum(astype(astype(x, Dtype::int32), Dtype::float32) * stop_gradient(x) + 2 * x);
  };
  expect_equal(grad(cut)(Array({1.5, 2.5})), Array({2.0, 2.0}));
}

TEST_P(ViewGradients, FollowTheElements) {
  Array x = spread_values({2, 3, 4});
  expect_gradients([](const Arrays& a) { return square(reshape(a[0], {4, 6})); }, {x});
  expect_gradients([](const Arrays& a) { return square(transpose(a[0], {2, 0, 1})); }, {x});
  expect_gradients([](const Arrays& a) { return square(alias(copy(a[0]))); }, {x});
  expect_gradients(
      [](const Arrays& a) {
        return square(slice(a[0], {0, 2, 3}, {2, -9, 0}, {1, -2, -1}));
      },
      {x});
  expect_gradients([](const Arrays& a) { return square(a[0][{1, Slice{1}, newaxis}]); }, {x});
}

TEST_P(ViewGradients, SumOverBroadcastAxes) {
  expect_gradients(
      [](const Arrays& a) {
        return square(broadcast_to(a[0], {2, 3, 4})) * a[1];
      },
      {spread_values({3, 1}), spread_values({2, 3, 4}, 1)});
  expect_gradients(
      [](const Arrays& a) {
        return tile(a[0], {2, 2}) * repeat(a[1], 2, 1);
      },
      {spread_values({2, 2}), spread_values({4, 2}, 1)});
}

TEST_P(ViewGradients, DivideAmongJoinedParts) {
  Arrays parts = {spread_values({2, 1}), spread_values({2, 3}, 1), spread_values({2, 2}, 2)};
  expect_gradients([](const Arrays& a) { return square(concatenate(a, 1)); }, parts);
  expect_gradients(
      [](const Arrays& a) {
        return square(stack({a[0], a[0] * 2}, 1));
      },
      {spread_values({3})});
  expect_gradients(
      [](const Arrays& a) {
        return square(pad_edge(roll(a[0], 1), {{2, 1}}));
      },
      {spread_values({4})});
}

TEST_P(ViewGradients, SkipWhatAnUpdateReplaces) {
  expect_gradients(
      [](const Arrays& a) {
        return square(slice_update(a[0], a[1], {3, 0}, {-5, 3}, {-2, 2})) * 0.5;
      },
      {spread_values({4, 3}), spread_values({2, 2}, 1)});
  expect_gradients(
      [](const Arrays& a) {
        return square(pad(a[0], {{1, 0}, {0, 2}}, 3));
      },
      {spread_values({2, 2})});
}

TEST_P(ViewGradients, GoBackToGatheredElements) {
  Array rows = Array({{2, 0}, {2, -1}});
  expect_gradients([&](const Arrays& a) { return square(take(a[0], rows, 0)); },
                   {spread_values({3, 2})});
  expect_gradients([&](const Arrays& a) { return square(take_along_axis(a[0], rows, 1)); },
                   {spread_values({2, 3})});
}

TEST_P(ViewGradients, ReachScatteredUpdates) {
  Array repeated({1, 0, 1});
  expect_gradients([&](const Arrays& a) { return square(scatter_add(a[0], repeated, a[1], 0)); },
                   {spread_values({2, 2}), spread_values({3, 2}, 1)});
  Array along({{1, 1}, {0, 2}});
  expect_gradients([&](const Arrays& a) { return square(add_along_axis(a[0], along, a[1], 1)); },
                   {spread_values({2, 3}), spread_values({2, 2}, 1)});
  Array distinct({{1, 0}, {0, 2}});
  expect_gradients([&](const Arrays& a) { return square(put_along_axis(a[0], distinct, a[1], 1)); },
                   {spread_values({2, 3}), spread_values({2, 2}, 1)});
}

TEST_P(ViewGradients, GoToTheLastOfSeveralValues) {
  Array rows({0, 1, 0});
  expect_gradients([&](const Arrays& a) { return square(index_update(a[0], {rows}, a[1])); },
                   {spread_values({3, 2}), spread_values({3, 2}, 1)});
  Arrays g = grad([&](const Arrays& a) {
    return Arrays{sum(index_update(zeros({2}), {rows}, a[0]))};
  })({Array({1.0, 2.0, 3.0})});
  test::expect_equal(g[0], Array({0.0, 1.0, 1.0}));
}

TEST_P(ViewGradients, ReachFactorsAtPoints) {
  Array rows({0, 1, 0});
  for (Update how : {Update::multiply, Update::divide}) {
    expect_gradients([&](const Arrays& a) { return square(index_update(a[0], {rows}, a[1], how)); },
                     {spread_values({3, 2}), spread_values({3, 2}, 1) + 2});
  }
}

// The terms add up in an order that does not depend on what has been evaluated: in another one,
// the small term is lost.
TEST_P(ViewGradients, AddUpTheSameWhateverIsEvaluated) {
  for (bool evaluates : {false, true}) {
    Array slope = grad([evaluates](const Array& x) {
      if (evaluates) x.eval();
      Array same = contiguous(x);
      return sum(same * 1e8f + x - same * 1e8f);
    })(Array({1.f, 2.f}));
    EXPECT_EQ(slope.to_vector<float>(), (std::vector<float>{1, 1}));
  }
}

TEST(Gradients, RefuseAnArgumentTwice) {
  auto product = [](const Arrays& a) { return Arrays{sum(a[0] * a[1])}; };
  Array x = ones({2});
  EXPECT_THROW(value_and_grad(product, {0, 0})({x, x}), ValueError);
  EXPECT_THROW(value_and_grad(product, {0, -2})({x, x}), ValueError);
}

}  // namespace
}  // namespace lazulite
