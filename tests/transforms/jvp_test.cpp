#include "lazulite/transforms/jvp.h"

#include <gtest/gtest.h>

#include "lazulite/core/errors.h"
#include "lazulite/ops/ops.h"
#include "lazulite/transforms/vjp.h"
#include "support/expect.h"
#include "support/finite_differences.h"
#include "transforms/primitive_cases.h"

namespace lazulite {
namespace {

using test::expect_close;
using test::expect_equal;
using test::primitive_cases;
using test::spread_values;

Arrays directions(const Arrays& inputs) {
  Arrays out;
  for (size_t i = 0; i < inputs.size(); ++i) {
    out.push_back(
        astype(spread_values(inputs[i].shape(), 20.0 + static_cast<double>(i)), inputs[i].dtype()));
  }
  return out;
}

Arrays moved(const Arrays& inputs, const Arrays& by, double step) {
  Arrays out;
  for (size_t i = 0; i < inputs.size(); ++i) out.push_back(inputs[i] + by[i] * step);
  return out;
}

// Float32 inside means that less of a difference is left.
struct Precision {
  double step, tolerance;
};
Precision precision_of(const std::string& name) {
  if (name == "complex" || name == "cast" || name == "random bits") return {1e-2, 2e-3};
  return {1e-5, 1e-8};
}

class JvpCases : public testing::TestWithParam<size_t> {};
INSTANTIATE_TEST_SUITE_P(Primitives, JvpCases, testing::Range<size_t>(0, primitive_cases().size()));

TEST_P(JvpCases, AreDifferencesAlongTheDirection) {
  const auto& [name, function, inputs] = primitive_cases()[GetParam()];
  SCOPED_TRACE(name);
  auto [step, tolerance] = precision_of(name);
  Arrays by = directions(inputs);
  auto [results, tangents] = jvp(function, inputs, by);
  Arrays expected = function(inputs);
  Arrays ahead = function(moved(inputs, by, step)), behind = function(moved(inputs, by, -step));
  ASSERT_EQ(tangents.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    expect_equal(results[i], expected[i]);
    if (!is_inexact(expected[i].dtype())) continue;
    Array difference = (ahead[i] - behind[i]) / (2 * step);
    expect_close(tangents[i], difference, tolerance, tolerance);
  }
}

TEST_P(JvpCases, AreTheTransposedOfVjps) {
  const auto& [name, function, inputs] = primitive_cases()[GetParam()];
  SCOPED_TRACE(name);
  Arrays by = directions(inputs);
  auto [results, tangents] = jvp(function, inputs, by);
  Arrays cotangents;
  double forward = 0, backward = 0;
  for (size_t i = 0; i < results.size(); ++i) {
    bool flows = is_inexact(results[i].dtype());
    cotangents.push_back(flows ? astype(spread_values(results[i].shape(), 30), results[i].dtype())
                               : zeros_like(results[i]));
    if (flows) forward += sum(tangents[i] * cotangents[i]).item<double>();
  }
  Arrays gradients = vjp(function, inputs, cotangents).second;
  for (size_t i = 0; i < inputs.size(); ++i) backward += sum(gradients[i] * by[i]).item<double>();
  EXPECT_NEAR(forward, backward, 2e-5 * (1 + std::abs(forward)));
}

TEST_P(JvpCases, CanBeDifferentiatedAgain) {
  const auto& [name, function, inputs] = primitive_cases()[GetParam()];
  if (precision_of(name).step > 1e-3) return;
  SCOPED_TRACE(name);
  auto along = [&function = function, by = directions(inputs)](const Arrays& x) {
    Arrays out;
    for (const Array& tangent : jvp(function, x, by).second) {
      if (is_inexact(tangent.dtype())) out.push_back(tangent);
    }
    return out;
  };
  Arrays by = directions(inputs);
  Arrays second = jvp(along, inputs, by).second;
  Arrays ahead = along(moved(inputs, by, 1e-5)), behind = along(moved(inputs, by, -1e-5));
  for (size_t i = 0; i < second.size(); ++i) {
    expect_close(second[i], (ahead[i] - behind[i]) / 2e-5, 1e-6, 1e-6);
  }
}

TEST(Jvp, TakesOneArrayAndGoesOverGradients) {
  auto [value, tangent] = jvp([](const Array& x) { return x * x * x; }, Array(2.0), Array(1.0));
  expect_equal(value, Array(8.0));
  expect_equal(tangent, Array(12.0));
  // Forward over backward: the product of the Hessian of sum(x^3) with (1, 2).
  auto slope = grad([](const Array& x) { return sum(x * x * x); });
  expect_equal(jvp(slope, Array({1.0, 3.0}), Array({1.0, 2.0})).second, Array({6.0, 36.0}));
}

TEST(Jvp, LeavesZerosWhereNothingFlows) {
  auto constant = [](const Arrays& x) { return Arrays{ones({2}), x[0] * 1.0, x[1]}; };
  Arrays tangents = jvp(constant, {Array(3.0), Array(4.0)}, {Array(), Array(1.0)}).second;
  expect_equal(tangents[0], zeros({2}));
  expect_equal(tangents[1], Array(0.0));
  expect_equal(tangents[2], Array(1.0));
}

TEST(Jvp, LetsTheFunctionReadValues) {
  auto branch = [](const Array& x) { return x.item<float>() > 0 ? x * 2.0 : x * 3.0; };
  expect_equal(jvp(branch, Array(1.0), Array(1.0)).second, Array(2.0));
  expect_equal(jvp(branch, Array(-1.0), Array(1.0)).second, Array(3.0));
}

TEST(Jvp, RefusesTangentsThatDoNotFit) {
  auto same = [](const Arrays& x) { return x; };
  EXPECT_THROW(jvp(same, {Array(1.0)}, {}), Error);
  EXPECT_THROW(jvp(same, {Array(1.0)}, {ones({2})}), Error);
}

TEST(Jvp, MovesIntegersByFractions) {
  auto twice = [](const Array& x) { return x * 2; };
  expect_equal(jvp(twice, Array({1, 2}), Array({3, 4})).second, Array({6, 8}));
  expect_equal(jvp(twice, Array({1, 2}), Array({0.25, 0.5})).second, Array({0.5, 1.0}));
  auto product = [](const Arrays& x) { return Arrays{x[0] * x[1]}; };
  Arrays by = {Array({0.5, 1.0}), Array({1.0, 2.0})};
  expect_equal(jvp(product, {Array({2, 3}), Array({1.0, 4.0})}, by).second[0], Array({2.5, 10.0}));
  // What rounds does not move.
  auto rounded = [](const Array& x) { return astype(astype(x, Dtype::int32), Dtype::float32); };
  expect_equal(jvp(rounded, Array({1.5}), Array({1.0})).second, Array({0.0}));
}

TEST(Jvp, FollowsTheFirstOfEqualExtremes) {
  Array x = Array({1.0, 2.0, 2.0, 1.0}), by = Array({10.0, 20.0, 30.0, 40.0});
  expect_equal(jvp([](const Array& a) { return max(a); }, x, by).second, Array(20.0));
  expect_equal(jvp([](const Array& a) { return min(a); }, x, by).second, Array(10.0));
  auto rows = [](const Array& a) { return max(reshape(a, {2, 2}), {0}, true); };
  expect_equal(jvp(rows, x, by).second, Array({30.0, 20.0}).reshape({1, 2}));
}

}  // namespace
}  // namespace lazulite
