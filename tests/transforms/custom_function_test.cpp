#include "lazulite/transforms/custom_function.h"

#include <gtest/gtest.h>

#include "lazulite/core/errors.h"
#include "lazulite/ops/ops.h"
#include "lazulite/transforms/compile.h"
#include "lazulite/transforms/jvp.h"
#include "lazulite/transforms/vjp.h"
#include "support/expect.h"
#include "support/finite_differences.h"

namespace lazulite {
namespace {

using test::expect_close;
using test::expect_equal;
using test::spread_values;

// Rules that are wrong on purpose, so that whoever uses them shows it.
CustomFunction telling() {
  CustomFunction f([](const Arrays& x) { return Arrays{sin(x[0])}; });
  f.set_vjp([](const Arrays& x, const Arrays& g, const Arrays& out) {
    return Arrays{g[0] * 100 + out[0] + x[0]};
  });
  f.set_jvp([](const Arrays& x, const Arrays& t) { return Arrays{t[0] * 1000 + x[0]}; });
  f.set_vmap([](const Arrays& x, const MapAxes& axes) {
    EXPECT_EQ(axes, MapAxes{0});
    return std::pair(Arrays{x[0] * 10}, MapAxes{0});
  });
  return f;
}

TEST(CustomFunction, IsTheFunctionOutsideOfTransforms) {
  Array x = spread_values({5});
  expect_equal(telling()({x})[0], sin(x));
}

TEST(CustomFunction, UsesTheGivenRules) {
  Array x = spread_values({5}), t = spread_values({5}, 1);
  CustomFunction f = telling();
  auto total = [&](const Array& a) { return sum(f({a})[0]); };
  auto [value, gradient] = value_and_grad(total)(x);
  expect_equal(value, sum(sin(x)));
  expect_close(gradient, 100 + sin(x) + x, 1e-12);
  expect_close(jvp([&](const Array& a) { return f({a})[0]; }, x, t).second, t * 1000 + x, 1e-12);
  Array rows = spread_values({3, 5});
  expect_equal(vmap(ArraysFunction(f))({rows})[0], rows * 10);
}

TEST(CustomFunction, FollowsTheFunctionWhereNoRuleIsGiven) {
  CustomFunction f([](const Arrays& x) { return Arrays{square(x[0]) * x[1], x[1]}; });
  Array x = spread_values({4}), y = spread_values({4}, 1);
  auto total = [&](const Arrays& a) {
    Arrays out = f(a);
    return Arrays{sum(out[0] + out[1])};
  };
  auto [value, gradients] = value_and_grad(total, {0, 1})({x, y});
  expect_close(gradients[0], 2 * x * y, 1e-12);
  expect_close(gradients[1], square(x) + 1, 1e-12);
}

TEST(CustomFunction, WorksInsideCompiledSteps) {
  CustomFunction f = telling();
  auto step = compile(
      [&](const Array& a) { return grad([&](const Array& b) { return sum(f({b})[0]); })(a); });
  for (int i = 0; i < 3; ++i) {
    Array x = spread_values({6}, i);
    expect_close(step(x), 100 + sin(x) + x, 1e-12);
  }
}

// The gradient by hand holds for each of the many, and is summed where the argument is the same.
TEST(CustomFunction, KeepsItsGradientUnderVmap) {
  CustomFunction f([](const Arrays& x) { return Arrays{x[0] * x[1]}; });
  f.set_vjp([](const Arrays& x, const Arrays& g, const Arrays&) {
    return Arrays{g[0] * x[1] * 7, g[0] * x[0] * 7};
  });
  Array x = spread_values({3, 4}), y = spread_values({4}, 1);
  auto total = [&](const Arrays& a) {
    return Arrays{sum(vmap(ArraysFunction(f), {0, std::nullopt})(a)[0])};
  };
  Arrays gradients = value_and_grad(total, {0, 1})({x, y}).second;
  expect_close(gradients[0], broadcast_to(7 * y, {3, 4}), 1e-12);
  expect_close(gradients[1], 7 * sum(x, 0), 1e-12);
}

TEST(CustomFunction, LetsNoGradientThroughWhatItCaptures) {
  Array x = spread_values({4});
  auto total = [](const Array& a) {
    CustomFunction f([a](const Arrays& b) { return Arrays{a * b[0]}; });
    f.set_vjp([](const Arrays&, const Arrays& g, const Arrays&) { return Arrays{g[0]}; });
    return sum(f({a})[0]);
  };
  expect_equal(grad(total)(x), ones_like(x));
}

TEST(CustomFunction, MayGiveNoGradientForAnArgument) {
  CustomFunction f([](const Arrays& x) { return Arrays{x[0] * x[1]}; });
  f.set_vjp([](const Arrays& x, const Arrays& g, const Arrays&) {
    return Arrays{g[0] * x[1], Array()};
  });
  Array x = spread_values({4});
  auto total = [&](const Arrays& a) { return Arrays{sum(f(a)[0])}; };
  Arrays gradients = value_and_grad(total, {0, 1})({x, x + 1}).second;
  expect_equal(gradients[0], x + 1);
  expect_equal(gradients[1], zeros_like(x));
}

TEST(CustomFunction, GivesGradientsTheArgumentsDtype) {
  CustomFunction f([](const Arrays& a) { return Arrays{exp(a[0])}; });
  f.set_vjp([](const Arrays& a, const Arrays&, const Arrays&) {
    return Arrays{full(a[0].shape(), 3, Dtype::int32)};
  });
  expect_equal(grad([&](const Array& a) { return sum(f({a})[0]); })(zeros({2})), full({2}, 3.0f));
}

// As in MLX: a rule that uses the outputs is used again where its gradients are differentiated.
TEST(CustomFunction, HasItsRuleInDerivativesOfDerivatives) {
  CustomFunction f([](const Arrays& x) { return Arrays{exp(x[0])}; });
  f.set_vjp(
      [](const Arrays&, const Arrays& g, const Arrays& out) { return Arrays{g[0] * out[0] * 2}; });
  std::function<Array(const Array&)> derivative = [&](const Array& x) { return f({x})[0]; };
  const Array x = spread_values({5});
  for (double factor : {2, 4, 8}) {
    derivative = [inner = derivative](const Array& x) {
      return grad([&](const Array& x) { return sum(inner(x)); })(x);
    };
    expect_close(derivative(x), factor * exp(x), 1e-12);
    expect_close(compile([&](const Array& x) -> Array { return derivative(x); })(x),
                 factor * exp(x), 1e-12);
    const auto many = vmap([&](const Array& x) -> Array { return derivative(x); });
    expect_close(many(stack({x, x * 2})), factor * exp(stack({x, x * 2})), 1e-12);
  }
}

TEST(CustomFunction, RefusesRulesThatDoNotFit) {
  Array x = spread_values({4});
  CustomFunction few([](const Arrays& a) { return Arrays{a[0] * a[1]}; });
  few.set_vjp([](const Arrays&, const Arrays& g, const Arrays&) { return g; });
  auto total = [&](const Arrays& a) { return Arrays{sum(few(a)[0])}; };
  EXPECT_THROW(value_and_grad(total, {0})({x, x}), Error);
  CustomFunction shape([](const Arrays& a) { return Arrays{exp(a[0])}; });
  shape.set_vjp([](const Arrays&, const Arrays& g, const Arrays&) { return Arrays{sum(g[0])}; });
  EXPECT_THROW(grad([&](const Array& a) { return sum(shape({a})[0]); })(x), Error);
  CustomFunction mapped([](const Arrays& a) { return Arrays{exp(a[0])}; });
  mapped.set_vmap(
      [](const Arrays&, const MapAxes&) { return std::pair(Arrays{ones({5})}, MapAxes{0}); });
  EXPECT_THROW(vmap(ArraysFunction(mapped))({ones({2, 4})}), Error);
  CustomFunction nothing([](const Arrays&) { return Arrays{Array()}; });
  EXPECT_THROW(nothing({x}), Error);
}

}  // namespace
}  // namespace lazulite
