#include "lazulite/transforms/vmap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "lazulite/core/errors.h"
#include "lazulite/core/trace.h"
#include "lazulite/ops/ops.h"
#include "lazulite/ops/primitives/primitive.h"
#include "lazulite/transforms/compile.h"
#include "lazulite/transforms/jvp.h"
#include "lazulite/transforms/vjp.h"
#include "support/expect.h"
#include "support/finite_differences.h"
#include "transforms/primitive_cases.h"

namespace lazulite {
namespace {

using test::expect_close;
using test::expect_equal;
using test::primitive_cases;
using test::primitives_in;
using test::spread_values;

// `count` different arrays shaped as x, along `axis`.
Array variants(const Array& x, int64_t count, int axis, double phase) {
  std::vector<Array> out;
  for (int64_t i = 0; i < count; ++i) {
    double shift = phase + 0.37 * static_cast<double>(i);
    out.push_back(astype(spread_values(x.shape(), 40 + shift), x.dtype()));
  }
  return stack(out, axis);
}

// The results of each slice by itself, stacked along axis 0.
Arrays one_by_one(const ArraysFunction& function, const Arrays& inputs, const MapAxes& axes,
                  int64_t count) {
  std::vector<Arrays> results;
  for (int64_t i = 0; i < count; ++i) {
    Arrays slices;
    for (size_t k = 0; k < inputs.size(); ++k) {
      slices.push_back(axes[k] ? take(inputs[k], i, *axes[k]) : inputs[k]);
    }
    Arrays out = function(slices);
    results.resize(out.size());
    for (size_t k = 0; k < out.size(); ++k) results[k].push_back(out[k]);
  }
  Arrays stacked;
  for (const Arrays& slices : results) stacked.push_back(stack(slices, 0));
  return stacked;
}

void expect_as_one_by_one(const ArraysFunction& function, const Arrays& inputs, const MapAxes& axes,
                          int64_t count) {
  Arrays got = vmap(function, axes)(inputs);
  Arrays expected = one_by_one(function, inputs, axes, count);
  ASSERT_EQ(got.size(), expected.size());
  for (size_t i = 0; i < got.size(); ++i) {
    double tolerance = size_of(got[i].dtype()) == 8 && is_floating(got[i].dtype()) ? 1e-12 : 1e-5;
    expect_close(got[i], expected[i], tolerance, tolerance);
  }
}

// Every choice of mapped arguments, with axes at different places.
template <class F>
void for_each_choice(const Arrays& inputs, F f) {
  for (size_t choice = 1; choice < size_t{1} << inputs.size(); ++choice) {
    Arrays arguments;
    MapAxes axes;
    for (size_t k = 0; k < inputs.size(); ++k) {
      bool mapped = choice >> k & 1;
      int axis = mapped ? static_cast<int>(k % (inputs[k].ndim() + 1)) : 0;
      axes.push_back(mapped ? std::optional(axis) : std::nullopt);
      arguments.push_back(mapped ? variants(inputs[k], 3, axis, static_cast<double>(k))
                                 : inputs[k]);
    }
    SCOPED_TRACE("arguments " + std::to_string(choice));
    f(arguments, axes);
  }
}

class VmapCases : public testing::TestWithParam<size_t> {};
INSTANTIATE_TEST_SUITE_P(Primitives, VmapCases,
                         testing::Range<size_t>(0, primitive_cases().size()));

TEST_P(VmapCases, AreLoopsOverSlices) {
  const auto& test = primitive_cases()[GetParam()];
  SCOPED_TRACE(test.name);
  for_each_choice(test.inputs, [&](const Arrays& arguments, const MapAxes& axes) {
    expect_as_one_by_one(test.function, arguments, axes, 3);
  });
}

TEST_P(VmapCases, GoOverGradients) {
  const auto& test = primitive_cases()[GetParam()];
  SCOPED_TRACE(test.name);
  auto gradients = [&](const Arrays& x) {
    Arrays cotangents, results;
    auto function = [&](const Arrays& a) {
      results.clear();
      for (const Array& out : test.function(a)) {
        if (is_inexact(out.dtype())) results.push_back(out);
      }
      cotangents.clear();
      for (const Array& out : results) {
        cotangents.push_back(astype(spread_values(out.shape(), 50), out.dtype()));
      }
      Array total;
      for (size_t i = 0; i < results.size(); ++i) {
        Array part = sum(results[i] * cotangents[i]);
        total = total.valid() ? total + part : part;
      }
      return Arrays{total};
    };
    std::vector<int> all;
    for (size_t i = 0; i < x.size(); ++i) all.push_back(static_cast<int>(i));
    return grad(function, all)(x);
  };
  for_each_choice(test.inputs, [&](const Arrays& arguments, const MapAxes& axes) {
    expect_as_one_by_one(gradients, arguments, axes, 3);
  });
}

TEST_P(VmapCases, CanBeNested) {
  const auto& test = primitive_cases()[GetParam()];
  SCOPED_TRACE(test.name);
  Arrays twice;
  for (size_t k = 0; k < test.inputs.size(); ++k) {
    twice.push_back(variants(variants(test.inputs[k], 3, 0, 1), 2, 0, static_cast<double>(k)));
  }
  MapAxes front(twice.size(), 0);
  ArraysFunction inner = vmap(test.function, front);
  expect_as_one_by_one(inner, twice, front, 2);
}

TEST(Vmap, IsTriedWithEveryPrimitive) {
  std::set<std::string> tried, missing;
  RetainScope scope;  // in which a function with rules of its own shows itself
  for (const auto& test : primitive_cases()) {
    for (const std::string& name : primitives_in(test.function(test.inputs))) tried.insert(name);
  }
  for (const PrimitiveType* type : primitive_types()) {
    if (!tried.count(type->name)) missing.insert(type->name);
  }
  EXPECT_EQ(missing, std::set<std::string>{}) << "there is no case in primitive_cases.cpp for them";
}

TEST(Vmap, StacksResultsWhereAsked) {
  auto both = vmap(
      [](const Arrays& x) {
        return Arrays{x[0] * 2.0, x[1] + 1.0, x[1]};
      },
      {0, std::nullopt}, {-1, 1, std::nullopt});
  Array x = spread_values({2, 3}), y = spread_values({4}, 1);
  Arrays out = both({x, y});
  expect_equal(out[0], swapaxes(x * 2.0, 0, 1));
  expect_equal(out[1], broadcast_to(expand_dims(y + 1.0, 1), {4, 2}));
  expect_equal(out[2], y);
}

TEST(Vmap, GoesUnderDerivativesAndCompilation) {
  Array x = spread_values({3, 4});
  auto norm = vmap([](const Array& row) { return sqrt(sum(square(row))); });
  auto total = [&](const Array& a) { return sum(norm(a)); };
  Array expected = x / sqrt(sum(square(x), 1, true));
  expect_close(grad(total)(x), expected, 1e-12);
  Array t = spread_values({3, 4}, 1);
  expect_close(jvp(norm, x, t).second, sum(expected * t, 1), 1e-12);
  auto compiled = compile([&](const Array& a) { return norm(a); });
  expect_close(compiled(x), sqrt(sum(square(x), 1)), 1e-12);
}

TEST(Vmap, DrawsByKeyForEachSlice) {
  Array keys = random::split(random::key(7), 3);
  auto draw = vmap([](const Array& key) { return random::bits({5}, 4, key); });
  Array bits = draw(keys);
  for (int i = 0; i < 3; ++i) expect_equal(bits[i], random::bits({5}, 4, keys[i]));
}

TEST(Vmap, TakesNoSlicesAtAll) {
  auto half = vmap([](const Array& x) { return sum(x * 2.0); });
  expect_equal(half(zeros({0, 3})), zeros({0}));
}

TEST(Vmap, KeepsTheBudgetAway) {
  // Far more nodes than are kept pending; none of them has a value to be evaluated.
  auto chain = vmap([](const Array& x) {
    Array y = x;
    for (int i = 0; i < 6000; ++i) y = y + 1.0;
    return y;
  });
  expect_equal(chain(Array({1.0, 2.0})), Array({6001.0, 6002.0}));
}

TEST(Vmap, RefusesWhatDoesNotFit) {
  auto add = [](const Arrays& x) { return Arrays{x[0] + x[1]}; };
  EXPECT_THROW(vmap(add)({zeros({2}), zeros({3})}), Error);
  EXPECT_THROW(vmap(add, {0})({zeros({2}), zeros({2})}), Error);
  EXPECT_THROW(vmap(add, {std::nullopt, std::nullopt})({zeros({2}), zeros({2})}), Error);
  EXPECT_THROW(vmap(add, {0, 1})({zeros({2}), zeros({2})}), Error);
  EXPECT_THROW(vmap(add, {}, {std::nullopt})({zeros({2}), zeros({2})}), Error);
  auto reads = vmap([](const Array& x) { return x * x.item<float>(); });
  EXPECT_THROW(reads(zeros({2})), Error);
}

}  // namespace
}  // namespace lazulite
