#include <gtest/gtest.h>

#include <cmath>

#include "lazulite/core/errors.h"
#include "lazulite/nn/nn.h"
#include "lazulite/ops/ops.h"
#include "lazulite/optim/sgd.h"
#include "support/expect.h"

namespace lazulite {
namespace {

using test::expect_close;
using test::expect_equal;

TEST(Linear, MultipliesAndAdds) {
  nn::Linear linear(3, 2);
  EXPECT_EQ(linear.weight.get().shape(), Shape({2, 3}));
  linear.update({{"weight", Array({{1.0f, 2.0f, 3.0f}, {-1.0f, 0.0f, 0.5f}})},
                 {"bias", Array({10.0f, 20.0f})}});
  Array x({{1.0f, 1.0f, 1.0f}, {2.0f, 0.0f, 4.0f}});
  expect_close(linear(x), Array({{16.0f, 19.5f}, {24.0f, 20.0f}}), 1e-6);
  EXPECT_FALSE(nn::Linear(3, 2, false).bias.has_value());
  EXPECT_THROW(linear(Array({1.0f, 2.0f})).eval(), Error);
}

TEST(Linear, StartsWithinTheRootOfItsInputs) {
  random::seed(1);
  nn::Linear linear(100, 200);
  double largest = max(abs(linear.weight.get())).item<double>();
  EXPECT_LE(largest, 0.1f);
  EXPECT_GE(largest, 0.099);
  EXPECT_NEAR(mean(square(linear.weight.get())).item<double>(), 0.01 / 3, 1e-4);
}

// Sums of the pixel at the window's corner and minus the pixel opposite: 1 - 6 = -5 everywhere
// inside a 4x4 image of 1, 2, 3, …
TEST(Conv2d, CorrelatesChannelsLast) {
  Array image = arange(1, 17, 1, Dtype::float32).reshape({1, 4, 4, 1});
  Array kernel = Array({1.0f, 0.0f, 0.0f, -1.0f}).reshape({1, 2, 2, 1});
  nn::Conv2d conv(1, 1, 2);
  conv.update({{"weight", kernel}, {"bias", Array({0.5f})}});
  expect_close(conv(image), full({1, 3, 3, 1}, -4.5f), 1e-6);
  nn::Conv2d strided(1, 1, 2, {.stride = 2, .padding = 1, .bias = false});
  strided.update({{"weight", kernel}});
  expect_close(
      strided(image),
      Array({-1.0f, -3.0f, 0.0f, -9.0f, -5.0f, 8.0f, 0.0f, 14.0f, 16.0f}).reshape({1, 3, 3, 1}),
      1e-6, 1e-6);
  EXPECT_FALSE(strided.bias.has_value());
}

TEST(Pooling, TakesWindowsOfItsOwnSize) {
  Array image = arange(1, 17, 1, Dtype::float32).reshape({1, 4, 4, 1});
  expect_equal(nn::MaxPool2d(2)(image), Array({6.0f, 8.0f, 14.0f, 16.0f}).reshape({1, 2, 2, 1}));
  expect_close(nn::AvgPool2d(2)(image), Array({3.5f, 5.5f, 11.5f, 13.5f}).reshape({1, 2, 2, 1}),
               1e-6);
  EXPECT_EQ(nn::MaxPool2d(3, {.stride = 1})(image).shape(), Shape({1, 2, 2, 1}));
}

// Means 2 and 30; the running averages move by a tenth from 0 and 1, the variance by its unbiased
// estimates 1 and 700.
TEST(BatchNorm, NormalisesTheBatchAndKeepsAverages) {
  nn::BatchNorm norm(2);
  Array x({{1.0f, 10.0f}, {2.0f, 20.0f}, {3.0f, 60.0f}});
  expect_close(
      norm(x),
      Array({{-1.224735686f, -0.92582009f}, {0.0f, -0.462910045f}, {1.224735686f, 1.388730135f}}),
      1e-5, 1e-6);
  expect_close(norm.running_mean.get(), Array({0.2f, 3.0f}), 1e-5);
  expect_close(norm.running_var.get(), Array({1.0f, 70.9f}), 1e-5);
  norm.eval();
  expect_close(
      norm(x),
      Array({{0.799996f, 0.831332754f}, {1.799991f, 2.018950974f}, {2.799986f, 6.769423854f}}),
      1e-5);
  expect_close(norm.running_mean.get(), Array({0.2f, 3.0f}), 1e-5);
}

TEST(Dropout, DropsItsShareAndKeepsTheMean) {
  random::seed(3);
  nn::Dropout dropout(0.25);
  Array out = dropout(ones({100000}));
  double dropped = mean(astype(out == 0.0f, Dtype::float32)).item<double>();
  EXPECT_NEAR(dropped, 0.25, 0.01);
  EXPECT_NEAR(max(out).item<double>(), 4.0 / 3, 1e-6);
  EXPECT_NEAR(mean(out).item<double>(), 1, 0.015);
  dropout.eval();
  expect_equal(dropout(ones({100})), ones({100}));
  EXPECT_THROW(nn::Dropout(1.0), Error);
  EXPECT_THROW(nn::Dropout(-0.1), Error);
}

// The expected numbers come from NumPy.
TEST(Losses, TakeClassesOrProbabilities) {
  Array logits({{1.0f, 2.0f, 3.0f}, {0.0f, 0.0f, 5.0f}});
  Array targets({0, 2});
  Array each({2.407605964f, 0.013385902f});
  expect_close(nn::cross_entropy(logits, targets, nn::Reduction::none), each, 1e-5);
  EXPECT_NEAR(nn::cross_entropy(logits, targets).item<double>(), 1.210495933, 1e-5);
  EXPECT_NEAR(nn::cross_entropy(logits, targets, nn::Reduction::sum).item<double>(), 2.420991866,
              1e-5);
  Array certain({{1.0f, 0.0f, 0.0f}, {0.0f, 0.0f, 1.0f}});
  expect_close(nn::cross_entropy(logits, certain, nn::Reduction::none), each, 1e-5);
  expect_close(nn::nll_loss(log_softmax(logits, -1), targets, nn::Reduction::none), each, 1e-5);
  EXPECT_NEAR(nn::mse_loss(Array({1.0f, 5.0f}), Array({3.0f, 4.0f})).item<double>(), 2.5, 1e-6);
}

std::vector<std::string> names(const nn::NamedCells& cells) {
  std::vector<std::string> out;
  for (const auto& [name, cell] : cells) out.push_back(name);
  return out;
}

TEST(Sequential, NamesItsLayersByPosition) {
  nn::Sequential net(nn::Linear(4, 3), nn::ReLU(), nn::BatchNorm(3));
  using Names = std::vector<std::string>;
  Names trained = {"layers.0.weight", "layers.0.bias", "layers.2.weight", "layers.2.bias"};
  EXPECT_EQ(names(net.trainable_parameters()), trained);
  Names all = trained;
  all.insert(all.end(), {"layers.2.running_mean", "layers.2.running_var"});
  EXPECT_EQ(names(net.parameters()), all);
  EXPECT_EQ(net.size(), 3u);
  EXPECT_EQ(net(ones({2, 4})).shape(), Shape({2, 3}));
}

TEST(Module, FreezesAllOrByName) {
  nn::Sequential net(nn::Linear(4, 3), nn::BatchNorm(3));
  net.freeze({"bias"});
  EXPECT_EQ(names(net.trainable_parameters()),
            std::vector<std::string>({"layers.0.weight", "layers.1.weight"}));
  net.freeze();
  EXPECT_TRUE(net.trainable_parameters().empty());
  net.unfreeze();
  EXPECT_EQ(net.trainable_parameters().size(), 4u);
}

TEST(Module, RefusesValuesThatDoNotFit) {
  nn::Linear linear(3, 2);
  Array before = linear.weight.get();
  EXPECT_THROW(linear.update({{"weight", zeros({2, 3})}, {"bias", zeros({3})}}), Error);
  EXPECT_THROW(linear.update({{"weight", zeros({2, 3})}}), Error);
  EXPECT_THROW(linear.update({{"other", zeros({2})}}, true), Error);
  expect_equal(linear.weight.get(), before);
}

// d/dw of the mean of (w x)² is the mean of 2 w x².
TEST(ValueAndGrad, DifferentiatesWhatIsTrained) {
  nn::Linear linear(1, 1);
  linear.update({{"weight", Array({{3.0f}})}, {"bias", Array({0.0f})}});
  linear.freeze({"bias"});
  auto step = nn::value_and_grad(linear, [&](const Array& x) { return mean(square(linear(x))); });
  auto [loss, gradients] = step(Array({{1.0f}, {2.0f}}));
  EXPECT_NEAR(loss.item<double>(), 22.5, 1e-5);
  ASSERT_EQ(gradients.size(), 1u);
  EXPECT_EQ(gradients[0].first, "weight");
  expect_close(gradients[0].second, Array({{15.0f}}), 1e-6);
}

// y = w * (w * x): the derivative by w is 2 w x.
TEST(ValueAndGrad, TrainsASharedLayerOnce) {
  nn::Linear shared(1, 1, false);
  shared.update({{"weight", Array({{3.0f}})}});
  nn::Sequential twice{shared, shared};
  EXPECT_EQ(twice.parameter_count(), 1);
  auto step = nn::value_and_grad(twice, [&](const Array& x) { return sum(twice(x)); });
  auto [value, gradients] = step(Array({{2.0f}}));
  EXPECT_EQ(value.item<float>(), 18.0f);
  ASSERT_EQ(gradients.size(), 1u);
  EXPECT_EQ(gradients[0].second.item<float>(), 12.0f);
  optim::SGD(0.125).update(twice, gradients);
  EXPECT_EQ(shared.weight.get().item<float>(), 1.5f);
}

// A position that may look at nothing takes the mean of all values, and hands on no NaN.
TEST(Attention, OfNothingIsTheMean) {
  const Array q = ones({1, 1, 3, 2}), k = ones({1, 1, 2, 2});
  const Array v = Array({1.f, 2.f, 3.f, 4.f}).reshape({1, 1, 2, 2});
  auto rows = [](const Array& x) { return reshape(x, {3, 2}); };
  // The last two positions are those of the keys.
  const Array causal = nn::scaled_dot_product_attention(q, k, v, 1, {}, true);
  expect_close(rows(causal), Array({{2.f, 3.f}, {1.f, 2.f}, {2.f, 3.f}}), 1e-6);
  const Array seen = Array({{false, false}, {false, true}, {true, true}});
  for (Dtype dtype : {Dtype::float16, Dtype::bfloat16, Dtype::float32, Dtype::float64}) {
    const Array masked = nn::scaled_dot_product_attention(astype(q, dtype), astype(k, dtype),
                                                          astype(v, dtype), 1, seen);
    expect_close(astype(rows(masked), Dtype::float32), Array({{2.f, 3.f}, {3.f, 4.f}, {2.f, 3.f}}),
                 1e-6);
  }
  auto loss = [&](const Array& x) -> Array {
    return sum(nn::scaled_dot_product_attention(x, x, x, 1, {}, true));
  };
  EXPECT_TRUE(all(isfinite(grad(loss)(ones({1, 1, 3, 2})))).item<bool>());
}

// Of halves it is that of the same numbers in float32, but for roundings: of the result, and of
// weights that are multiplied as halves.
TEST(Attention, OfHalvesIsThatOfTheirNumbers) {
  struct Case {
    int64_t heads, groups, rows, columns, features, of_values;
    bool causal;
    int mask;  // 1: bools, 2: numbers
  };
  random::seed(11);
  for (const Case& c :
       {Case{4, 4, 70, 130, 64, 64, false, 0}, Case{4, 2, 150, 150, 64, 64, true, 0},
        Case{6, 2, 40, 200, 128, 128, true, 0}, Case{2, 1, 130, 60, 96, 96, true, 0},
        Case{4, 1, 33, 65, 80, 48, false, 0}, Case{2, 2, 100, 90, 64, 64, false, 1},
        Case{2, 2, 64, 64, 128, 128, false, 2}, Case{2, 2, 20, 64, 32, 32, true, 2},
        Case{2, 2, 1, 300, 64, 64, true, 0}, Case{1, 1, 7, 7, 3, 5, false, 1}}) {
    auto normal = [&](const Shape& shape) { return random::normal(shape); };
    // Positions before heads, as projections give them.
    auto by_heads = [&](int64_t heads, int64_t positions, int64_t features) {
      return swapaxes(normal({2, positions, heads, features}), 1, 2);
    };
    const Array q = by_heads(c.heads, c.rows, c.features);
    const Array k = by_heads(c.groups, c.columns, c.features);
    const Array v = by_heads(c.groups, c.columns, c.of_values);
    Array mask;
    if (c.mask == 1) mask = normal({2, 1, c.rows, c.columns}) > -0.5;
    // Some of nothing but -infinity, which have no mean.
    if (c.mask == 2) mask = where(normal({c.rows, c.columns}) > 1, -INFINITY, normal({c.columns}));
    const double scale = 1 / std::sqrt(static_cast<double>(c.features));
    for (Dtype dtype : {Dtype::float16, Dtype::bfloat16}) {
      auto half = [&](const Array& x) { return astype(x, dtype); };
      auto wide = [&](const Array& x) { return astype(half(x), Dtype::float32); };
      const bool moved = c.mask == 2;
      const Array narrow = moved ? half(mask) : mask, same = moved ? wide(mask) : mask;
      const Array got =
          nn::scaled_dot_product_attention(half(q), half(k), half(v), scale, narrow, c.causal);
      EXPECT_EQ(got.dtype(), dtype);
      const Array expected =
          nn::scaled_dot_product_attention(wide(q), wide(k), wide(v), scale, same, c.causal);
      const double unit = dtype == Dtype::float16 ? 1.0 / 2048 : 1.0 / 256;
      expect_close(astype(got, Dtype::float32), expected, 2 * unit, 4 * unit);
      expect_equal(got, nn::scaled_dot_product_attention(half(q), half(k), half(v), scale, narrow,
                                                         c.causal));
      auto gradient = [&](const Arrays& x, const Array& hidden) {
        auto energy = [&](const Arrays& y) {
          return Arrays{sum(
              square(nn::scaled_dot_product_attention(y[0], y[1], y[2], scale, hidden, c.causal)))};
        };
        return grad(energy, {0, 1, 2})(x);
      };
      if (moved || c.rows > 100) continue;
      const Arrays near = gradient({half(q), half(k), half(v)}, narrow);
      const Arrays right = gradient({wide(q), wide(k), wide(v)}, same);
      for (size_t i = 0; i < near.size(); ++i) {
        const double size = max(abs(right[i])).item<double>();
        expect_close(astype(near[i], Dtype::float32), right[i], 0, 16 * unit * size);
      }
    }
  }
}

// Rows that begin between words, are read backwards, or are those of one array.
TEST(Attention, OfHalvesThatLieAnywhere) {
  random::seed(12);
  const Array all = astype(random::normal({1, 3, 40, 3 * 65}), Dtype::float16);
  auto part = [&](int64_t from) { return all[{ellipsis, Slice{from, from + 64}}]; };
  auto same = [](const Array& x) { return copy(x); };
  for (const Arrays& x : {Arrays{part(1), part(66), part(131)}, Arrays{part(0), part(0), part(0)},
                          Arrays{flip(part(2), {-1}), flip(part(64), {2}), part(128)}}) {
    expect_close(
        nn::scaled_dot_product_attention(x[0], x[1], x[2], 0.125, {}, true),
        nn::scaled_dot_product_attention(same(x[0]), same(x[1]), same(x[2]), 0.125, {}, true), 1e-3,
        1e-3);
  }
}

}  // namespace
}  // namespace lazulite
