#include "lazulite/transforms/shapeless.h"

#include <gtest/gtest.h>

#include "lazulite/core/errors.h"
#include "lazulite/ops/ops.h"
#include "lazulite/transforms/vjp.h"
#include "support/expect.h"

namespace lazulite {
namespace {

using test::expect_close;
using test::expect_equal;

Array numbers(const Shape& shape) {
  return reshape(arange(element_count(shape), Dtype::float32), shape) * 0.5f - 1.f;
}

// What is built again from arrays of another shape is what the function gives for those.
void expect_same(const ArraysFunction& function, const Arrays& first, const Arrays& second) {
  ShapelessTrace trace = ShapelessTrace::of(function, first);
  EXPECT_TRUE(trace.is_closed());
  Arrays again = trace.again(second), expected = function(second);
  ASSERT_EQ(again.size(), expected.size());
  for (size_t i = 0; i < again.size(); ++i) expect_close(again[i], expected[i], 1e-6, 1e-6);
}

TEST(Shapeless, FollowsItsInputs) {
  expect_same(
      [](const Arrays& a) {
        const Array& x = a[0];
        return Arrays{exp(x) + 1,
                      sum(x, 0),
                      mean(x),
                      var(x, Axes{1}, true, 1),
                      softmax(x, {-1}),
                      transpose(x),
                      flatten(x),
                      expand_dims(x, {1}),
                      concatenate({x, x}, 1),
                      zeros_like(x) + ones_like(x),
                      cumsum(x, 1),
                      sort(x, 0),
                      argmax(x, 1),
                      unflatten(x, 1, {2, -1}),
                      matmul(x, transpose(x))};
      },
      {numbers({2, 4})}, {numbers({3, 6})});
}

TEST(Shapeless, ChecksIndicesAgainstTheNewAxis) {
  auto picked = [](const Arrays& a) {
    return Arrays{take(a[0], a[1], 0), take_along_axis(a[0], expand_dims(a[1], {1}), 0)};
  };
  expect_same(picked, {numbers({4, 3}), Array({0, -1})}, {numbers({6, 3}), Array({5, -1, 2})});
  ShapelessTrace trace = ShapelessTrace::of(picked, {numbers({4, 3}), Array({0, -1})});
  EXPECT_THROW(trace.again({numbers({3, 3}), Array({3})})[0].eval(), IndexError);
}

TEST(Shapeless, ChecksSegmentsAgainstTheNewMatrices) {
  auto parts = [](const Arrays& a) { return Arrays{segmented_mm(a[0], a[1], a[2])}; };
  const Arrays first = {numbers({2, 3}), numbers({3, 2}), Array({{0, 3}, {3, 3}})};
  const Arrays longer = {numbers({2, 5}), numbers({5, 2}), Array({{0, 5}, {2, 4}})};
  expect_same(parts, first, longer);
  expect_same(parts, longer, first);
  ShapelessTrace trace = ShapelessTrace::of(parts, longer);
  EXPECT_THROW(trace.again({first[0], first[1], longer[2]})[0].eval(), IndexError);
}

TEST(Shapeless, FollowsGradients) {
  auto loss = [](Array x) { return mean(square(x) * sum(x, 0)); };
  expect_same([&](const Arrays& a) { return Arrays{grad(loss)(a[0])}; }, {numbers({2, 3})},
              {numbers({5, 4})});
}

// The axes before the matrices' are those of the input, whatever their product was before.
TEST(Shapeless, FollowsProductsOfStacks) {
  const Array weight = numbers({5, 3});
  auto function = [&](const Arrays& a) {
    auto loss = [&](const Array& x) { return sum(square(matmul(x, weight))); };
    return Arrays{matmul(a[0], weight), flatten(a[0], 0, 1), flatten(a[0], 1, 2),
                  tensordot(a[0], weight, {-1}, {0}), grad(loss)(a[0])};
  };
  auto contracted = [&](const Arrays& a) { return Arrays{einsum("bqd,dk->bqk", {a[0], weight})}; };
  for (const Shape& second : {Shape{2, 6, 5}, Shape{3, 7, 5}, Shape{1, 6, 5}}) {
    expect_same(contracted, {numbers({2, 4, 5})}, {numbers(second)});
  }
  for (const Shape& first : {Shape{2, 4, 5}, Shape{1, 4, 5}, Shape{2, 1, 5}}) {
    for (const Shape& second : {Shape{2, 6, 5}, Shape{3, 4, 5}, Shape{3, 7, 5}, Shape{1, 6, 5}}) {
      expect_same(function, {numbers(first)}, {numbers(second)});
    }
  }
}

// What was there before is as it was, whatever size it has.
TEST(Shapeless, KeepsWhatItCaptures) {
  Array captured = arange(3);
  auto function = [&](const Arrays& a) { return Arrays{sum(a[0]) * captured}; };
  ShapelessTrace trace = ShapelessTrace::of(function, {numbers({3})});
  expect_equal(trace.again({full({5}, 2.f)})[0], Array({0.f, 10.f, 20.f}));
}

// Shapes that somebody wrote are numbers.
TEST(Shapeless, KeepsWrittenShapes) {
  auto function = [](const Arrays& a) {
    const WrittenShapes written;
    return Arrays{reshape(a[0], {a[0].shape(0) * a[0].shape(1), -1})};
  };
  ShapelessTrace trace = ShapelessTrace::of(function, {numbers({2, 3, 4})});
  EXPECT_EQ(trace.again({numbers({4, 3, 2})})[0].shape(), Shape({6, 4}));
  EXPECT_THROW(trace.again({numbers({5, 5, 3})}), ValueError);
}

TEST(Shapeless, RefusesWhatDoesNotSayHowItGoesOn) {
  auto expect_refusal = [](Array (*function)(const Array&)) {
    ShapelessTrace trace =
        ShapelessTrace::of([&](const Arrays& a) { return Arrays{function(a[0])}; }, {numbers({4})});
    EXPECT_THROW(trace.again({numbers({6})}), ValueError);
    expect_equal(trace.again({numbers({4})})[0], function(numbers({4})));
  };
  expect_refusal([](const Array& x) { return slice(x, {1}, {4}); });
  expect_refusal([](const Array& x) { return slice(x, {0}, {2}); });
  expect_refusal([](const Array& x) { return split(x, 2)[0]; });
  expect_refusal([](const Array& x) { return pad(x, 1); });
}

// An axis of a size that two arguments have, which differ now.
TEST(Shapeless, RefusesSizesThatHaveBecomeTwo) {
  auto function = [](const Arrays& a) {
    return Arrays{broadcast_to(expand_dims(a[0], {1}), {a[0].shape(0), a[1].shape(0)})};
  };
  ShapelessTrace trace = ShapelessTrace::of(function, {numbers({2}), numbers({2})});
  EXPECT_THROW(trace.again({numbers({3}), numbers({4})}), ValueError);
  EXPECT_EQ(trace.again({numbers({3}), numbers({3})})[0].shape(), Shape({3, 3}));
}

}  // namespace
}  // namespace lazulite
