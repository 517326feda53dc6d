#include "lazulite/ops/indexing.h"

#include <gtest/gtest.h>

#include "lazulite/core/errors.h"
#include "lazulite/ops/ops.h"
#include "lazulite/transforms/jvp.h"
#include "lazulite/transforms/vjp.h"
#include "support/backends.h"
#include "support/expect.h"

namespace lazulite {
namespace {

using test::expect_equal;

class Indexing : public test::OnEveryBackend {};
LAZULITE_ON_EVERY_BACKEND(Indexing);

Array range(const Shape& shape) { return arange(element_count(shape)).reshape(shape); }

TEST_P(Indexing, TakesNumbersAndSlices) {
  Array x = range({3, 4});
  expect_equal(x[1], Array({4, 5, 6, 7}));
  expect_equal(x[-1], Array({8, 9, 10, 11}));
  expect_equal(x[{1, 2}], Array(Scalar(6)));
  expect_equal(x[{Slice{1}, Slice{{}, {}, 2}}], Array({{4, 6}, {8, 10}}));
  expect_equal(x[{Slice{{}, {}, -1}, 0}], Array({8, 4, 0}));
  expect_equal(x[{Slice{-2, -1}}], Array({{4, 5, 6, 7}}));
  expect_equal(x[{Slice{0, 99}, Slice{3, 1}}], zeros({3, 0}, Dtype::int32));
}

TEST_P(Indexing, UnderstandsEllipsisAndNewAxes) {
  Array x = range({2, 3, 4});
  EXPECT_EQ((x[{newaxis, 1, ellipsis, newaxis}].shape()), (Shape{1, 3, 4, 1}));
  expect_equal(x[{ellipsis, 1}], Array({{1, 5, 9}, {13, 17, 21}}));
  expect_equal(x[{1, ellipsis, 0}], Array({12, 16, 20}));
  expect_equal(x[{0, 0, ellipsis, 0}], Array(Scalar(0)));
}

TEST_P(Indexing, RejectsWhatIsNotThere) {
  Array x = range({2, 3});
  EXPECT_THROW(x[2], Error);
  EXPECT_THROW(x[-3], Error);
  EXPECT_THROW((x[{0, 0, 0}]), Error);
  EXPECT_THROW((x[{ellipsis, ellipsis}]), Error);
  EXPECT_THROW((x[{Slice{0, 1, 0}}]), Error);
  EXPECT_THROW(Array(Scalar(1))[0], Error);
}

TEST_P(Indexing, Gathers) {
  Array x = range({2, 3});
  expect_equal(take(x, Array({0, 5, -1})), Array({0, 5, 5}));
  expect_equal(take(x, Array({{2, 0}}), 1), Array({{{2, 0}}, {{5, 3}}}));
  expect_equal(take(x, Array({1, 1, 0}, Dtype::uint8), 0),
               Array({{3, 4, 5}, {3, 4, 5}, {0, 1, 2}}));
  expect_equal(take(x, 1, 1), Array({1, 4}));
  expect_equal(take(x, Array(Scalar(-1)), -1), Array({2, 5}));
  EXPECT_EQ(take(x, zeros({0}, Dtype::int32), 0).shape(), (Shape{0, 3}));
  EXPECT_THROW(take(x, Array({0.5}), 0), Error);
  EXPECT_THROW(take(zeros({0, 3}), Array({0}), 0), Error);
  EXPECT_THROW(take(x, 3, 1), Error);
}

TEST_P(Indexing, GathersAlongAnAxis) {
  Array x = range({2, 3});
  expect_equal(take_along_axis(x, Array({{0, 2}, {1, -1}}), 1), Array({{0, 2}, {4, 5}}));
  expect_equal(take_along_axis(x, Array({{1}}), 1), Array({{1}, {4}}));
  EXPECT_THROW(take_along_axis(x, Array({0}), 1), Error);
  EXPECT_THROW(take_along_axis(x, Array({{0.0}}), 1), Error);
  EXPECT_THROW(take_along_axis(x, Array({{0}, {0}, {0}}), 1), Error);
}

TEST_P(Indexing, PutsAndAddsAlongAnAxis) {
  Array x = zeros({2, 3}, Dtype::int32), where({{0}, {1}});
  expect_equal(put_along_axis(x, where, Array({{7}, {8}}), 1), Array({{7, 0, 0}, {0, 8, 0}}));
  expect_equal(put_along_axis(x, Array({{-1, 0}}), Array(Scalar(5)), 1),
               Array({{5, 0, 5}, {5, 0, 5}}));
  expect_equal(
      add_along_axis(ones({1, 3}, Dtype::int32), Array({{2, 2, 0}}), Array({{1, 10, 100}}), 1),
      Array({{101, 1, 12}}));
}

TEST_P(Indexing, ScattersSums) {
  Array x = ones({3, 2}, Dtype::float32);
  expect_equal(scatter_add(x, Array({2, 0, 2}), Array({{1, 2}, {3, 4}, {5, 6}}), 0),
               Array({{4.0, 5.0}, {1.0, 1.0}, {7.0, 9.0}}));
  expect_equal(scatter_add(x, Array({1}), Array({{1}, {2}, {3}}), 1),
               Array({{1.0, 2.0}, {1.0, 3.0}, {1.0, 4.0}}));
  EXPECT_THROW(scatter_add(x, Array({0, 1}), Array({{1, 2}, {3, 4}, {5, 6}}), 0), Error);
}

TEST_P(Indexing, AddsUpHalfPrecisionInFloat32) {
  // In half precision the sums would stop growing at 256 and 2048.
  for (Dtype dtype : {Dtype::bfloat16, Dtype::float16}) {
    Array to = zeros({2}, dtype), where = zeros({4096}, Dtype::int32), one = ones({4096}, dtype);
    Array sums = Array({4096.0, 0.0}, dtype);
    expect_equal(scatter_add(to, where, one), sums);
    expect_equal(add_along_axis(to, where, one, 0), sums);
    auto taken = [&](const Array& x) { return sum(take(x, where, 0).astype(Dtype::float32)); };
    expect_equal(grad(taken)(to), sums);
    expect_equal(to.at(where).add(1), sums);
    Array square = zeros({2, 2}, dtype);
    expect_equal(square.at({where, where}).add(one)[0], sums);
    auto points = [&](const Array& x) { return sum(x[{where, where}].astype(Dtype::float32)); };
    expect_equal(grad(points)(square)[0], sums);
  }
}

TEST_P(Indexing, GivesTheGradientToTheValueThatStays) {
  // Each row of the derivative forward is that backward, though values are put one over the other.
  Array x = arange(10, Dtype::float32).reshape({2, 5});
  Array positions = Array({{1, 1, 4, 1}, {0, 2, 2, -5}});
  auto put = [&](const Arrays& a) { return Arrays{put_along_axis(x, positions, a[0], 1)}; };
  Array values = arange(8, Dtype::float32).reshape({2, 4});
  Array weights = arange(1, 11, 1, Dtype::float32).reshape({2, 5});
  Array backward = vjp(put, {values}, {weights}).second[0];
  std::vector<float> forward;
  for (int i = 0; i < 8; ++i) {
    Array tangent = (arange(8) == i).astype(Dtype::float32).reshape({2, 4});
    forward.push_back(sum(jvp(put, {values}, {tangent}).second[0] * weights).item<float>());
  }
  expect_equal(backward, Array(forward, {2, 4}));
}

TEST_P(Indexing, ChangesPlaces) {
  Array x = zeros({3, 2}, Dtype::int32);
  expect_equal(x.at(1).set(5), Array({{0, 0}, {5, 5}, {0, 0}}));
  expect_equal(x.at({ellipsis, -1}).add(Array({1, 2, 3})), Array({{0, 1}, {0, 2}, {0, 3}}));
  expect_equal(x.at(Array({0, 0, 2})).add(Array({{1}, {2}, {3}})), Array({{3, 3}, {0, 0}, {3, 3}}));
  expect_equal(x.at({Array({0, 0, 2}), 1}).set(Array({1, 2, 3})), Array({{0, 2}, {0, 0}, {0, 3}}));
  expect_equal(x, zeros({3, 2}, Dtype::int32));
  Array y({8.0, 6.0});
  expect_equal(y.at(0).subtract(1), Array({7.0, 6.0}));
  expect_equal(y.at(0).multiply(2), Array({16.0, 6.0}));
  expect_equal(y.at(1).divide(4), Array({8.0, 1.5}));
  expect_equal(y.at(Array({1, 1, 0})).maximum(Array({7.0, 9.0, 3.0})), Array({8.0, 9.0}));
  expect_equal(y.at(Array({1, 1, 0})).minimum(7), Array({7.0, 6.0}));
}

TEST_P(Indexing, GivesUpdatesTheDtypeOfTheArray) {
  Array x({10, -7, 5}), where({0, 1, 1});
  expect_equal(x.at(where).add(Array({1.75, 2.5, 0.9})), Array({11, -5, 5}));
  expect_equal(x.at(0).set(Array({2.9})), Array({2, -7, 5}));
  // Quotients of integers are rounded towards zero, once for each update.
  expect_equal(x.at(Slice{}).divide(2), Array({5, -3, 2}));
  expect_equal(x.at(Array({0, 1, 1, 2})).divide(Array({-3, 2, 3, 1})), Array({-3, -1, 5}));
  // The product of the divisors need not fit into the dtype.
  auto divided = [](Dtype dtype, const Array& x, const Array& y) {
    const Array at({0, 0, 0, 1, 1});
    return astype(x, dtype).at(at).divide(astype(y, dtype));
  };
  expect_equal(divided(Dtype::int8, Array({100, 100}), Array({16, 17, 1, 16, 16})),
               astype(Array({0, 0}), Dtype::int8));
  expect_equal(divided(Dtype::int8, Array({-128, -128}), Array({-1, 1, 2, 1, -1})),
               astype(Array({-64, -128}), Dtype::int8));
  expect_equal(divided(Dtype::uint8, Array({255, 255}), Array({255, 3, 5, 2, 127})),
               astype(Array({0, 1}), Dtype::uint8));
  expect_equal(divided(Dtype::int32, Array({7, -7}), Array({1 << 20, 1 << 20, 3, 0, 2})),
               Array({0, 0}));
  const Array large = full({2}, Scalar(uint64_t{1} << 63), Dtype::uint64);
  expect_equal(divided(Dtype::uint64, large, Array({1 << 30, 1 << 30, 8, 1 << 30, 1 << 30})),
               astype(Array({1, 8}), Dtype::uint64));
  Array bools({true, false});
  expect_equal(bools.at(Array({0, 1, 1})).add(Array({false, false, true})), Array({true, true}));
  expect_equal(bools.at(Array({0, 1})).multiply(Array({false, true})), Array({false, false}));
  EXPECT_THROW((void)bools.at(0).subtract(bools), Error);
  EXPECT_THROW((void)x.at(0).set(int64_t{1} << 40), Error);  // the dtype cannot hold it
}

// What is read has the arrays' axes in front where a number stands apart from them.
TEST_P(Indexing, TakesValuesInTheOrderOfThePart) {
  Array columns({2, 0}), x = zeros({2, 3, 4});
  Array values = reshape(arange(6.0), {3, 2});
  Array part = zeros({3, 4}).at({Slice{}, columns}).set(values);
  expect_equal(x.at({1, Slice{}, columns}).set(values), x.at(1).set(part));
  expect_equal(x.at({1, Slice{}, columns}).add(transpose(values)), x.at(1).set(part));
  expect_equal(x.at({1, ellipsis, columns}).add(values[0]), x.at(1).set(part * 0 + part[0]));
  EXPECT_THROW((void)x.at({1, Slice{}, columns}).set(zeros({4, 2})), Error);
}

TEST_P(Indexing, ReadsAndChangesWhereMasksHold) {
  Array x = range({2, 3}), mask = x % 2 == 0;
  expect_equal(x[mask], Array({0, 2, 4}));
  expect_equal(x[Array({false, true})], Array({{3, 4, 5}}));
  expect_equal(x[{Slice{}, Array({true, false, true})}], Array({{0, 2}, {3, 5}}));
  expect_equal(x.at(mask).set(-1), Array({{-1, 1, -1}, {3, -1, 5}}));
  expect_equal(x.at(mask).add(Array({10, 20, 30, 40})), Array({{10, 1, 22}, {3, 34, 5}}));
  expect_equal(x.at(Array({true, true})).set(Array({{7}, {8}})), Array({{7, 7, 7}, {8, 8, 8}}));
  Array few = x.at(mask).set(Array({1, 2}));
  EXPECT_THROW(few.eval(), Error);
  EXPECT_THROW(x[Array({true, false, true})], Error);
  EXPECT_THROW((void)x.at(mask).set(Array({{1, 2}, {3, 4}})), Error);
}

// A mask that stands alone is part of the graph; only reading needs to know it.
TEST_P(Indexing, DoesNotEvaluateTheMaskOfAnUpdate) {
  Array x = range({4}), mask = x > 1;
  Array y = x.at(mask).set(Array({5, 6}));
  EXPECT_FALSE(mask.is_evaluated());
  expect_equal(y, Array({0, 1, 5, 6}));
}

TEST_P(Indexing, GathersAndScattersPoints) {
  Array x = range({2, 3, 2});
  expect_equal(gather(x, {Array({1, -1}), Array({{0}, {1}})}, {2, 1}),
               Array({{{1, 7}, {1, 7}}, {{3, 9}, {3, 9}}}));
  expect_equal(gather(x, {Array(Scalar(1))}, {0}), x[1]);
  expect_equal(
      scatter(x, {Array({0, 0}), Array({2, 2})}, Array({{1, 2}, {10, 20}}), {0, 1}, Update::add),
      x.at({0, 2}).add(Array({11, 22})));
  EXPECT_THROW(gather(x, {Array({0})}, {0, 1}), Error);
  EXPECT_THROW(gather(x, {Array({0}), Array({0})}, {1, -2}), Error);
  EXPECT_THROW(gather(x, {Array({0.5})}, {0}), Error);
  EXPECT_THROW(scatter(x, {Array({0, 1})}, ones({3, 3, 2}), {0}), Error);
}

TEST_P(Indexing, RejectsExpressionsThatDoNotFit) {
  Array x = range({2, 3});
  EXPECT_THROW((x[{Array({0}), 0, 0}]), Error);
  EXPECT_THROW((x[{Array({0, 1}), Array({0, 1, 2})}]), Error);
  EXPECT_THROW((x[Array({0.0})]), Error);
  EXPECT_THROW((x[{Array({0}), 3}]), IndexError);
  EXPECT_THROW((void)x.at(Array({0, 1})).set(Array({1, 2})), Error);
  EXPECT_THROW((void)x.at(2).set(1), IndexError);
}

}  // namespace
}  // namespace lazulite
