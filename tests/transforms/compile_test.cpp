#include <gtest/gtest.h>

#include "lazulite/lazulite.h"
#include "support/expect.h"

namespace lazulite {
namespace {

nn::Sequential small_network() {
  return nn::Sequential{nn::Conv2d(1, 4, 3, {.padding = 1}),
                        nn::ReLU(),
                        nn::MaxPool2d(2),
                        nn::Flatten(),
                        nn::Linear(64, 16),
                        nn::Dropout(0.3),
                        nn::ReLU(),
                        nn::Linear(16, 3)};
}

/// A small network with dropout, trained on fixed data; its step can be compiled or not.
struct Training {
  nn::Sequential network;
  optim::Adam optimizer{1e-2};
  Array x, y;

  explicit Training(uint64_t seed) : network((random::seed(seed), small_network())) {
    x = random::normal({20, 8, 8, 1}).eval();
    y = random::randint(0, 3, {20}).eval();
  }

  Array step(const Array& images, const Array& labels) {
    auto loss = [this](const Array& a, const Array& b) { return nn::cross_entropy(network(a), b); };
    auto [value, gradients] = nn::value_and_grad(network, loss)(images, labels);
    optimizer.update(network, gradients);
    return value;
  }

  // Parameters, optimizer state and random key, all as bits.
  std::vector<Array> state() const {
    std::vector<Array> out;
    for (const auto& [name, cell] : network.parameters()) out.push_back(cell.get());
    for (const auto& [name, array] : optimizer.state()) out.push_back(array);
    out.push_back(random::state().get());
    eval(out);
    return out;
  }
};

void expect_same_bits(const std::vector<Array>& a, const std::vector<Array>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    ASSERT_EQ(a[i].dtype(), b[i].dtype());
    EXPECT_EQ(a[i].to_vector<double>(), b[i].to_vector<double>()) << "array " << i;
  }
}

TEST(Compile, TrainsToTheSameBitsAsUncompiled) {
  Training plain(7);
  for (int i = 0; i < 100; ++i) {
    Array loss = plain.step(plain.x, plain.y);
    std::vector<Array> all = plain.state();
    all.push_back(loss);
    eval(all);
  }
  std::vector<Array> expected = plain.state();

  Training compiled(7);
  auto step = compile([&](Array x, Array y) -> Array { return compiled.step(x, y); });
  uint64_t before = trace_count();
  for (int i = 0; i < 100; ++i) step(compiled.x, compiled.y);
  expect_same_bits(compiled.state(), expected);
  // Once with an empty optimizer, once with its state.
  EXPECT_EQ(trace_count() - before, 2u);
}

TEST(Compile, FrozenParametersStayAndUnfreezingTracesAgain) {
  Training t(3);
  auto step = compile([&](Array x, Array y) -> Array { return t.step(x, y); });
  step(t.x, t.y);
  auto named = [&](const std::string& name) {
    for (const auto& [path, cell] : t.network.parameters()) {
      if (path == name) return cell.get().to_vector<float>();
    }
    return std::vector<float>();
  };
  t.network.freeze({"bias"});
  auto bias = named("layers.4.bias"), weight = named("layers.4.weight");
  ASSERT_EQ(bias.size(), 16u);
  step(t.x, t.y);
  EXPECT_EQ(named("layers.4.bias"), bias);
  EXPECT_NE(named("layers.4.weight"), weight);
  t.network.unfreeze();
  step(t.x, t.y);
  EXPECT_NE(named("layers.4.bias"), bias);
}

TEST(Compile, SeesAReboundCell) {
  Cell scale(Array(2.0f), "scale");
  auto f = compile([&](Array x) -> Array { return x * scale.get(); });
  EXPECT_EQ(f(Array(3.0f)).item<float>(), 6.0f);
  scale = Array(5.0f);
  EXPECT_EQ(f(Array(3.0f)).item<float>(), 15.0f);
  // Another shape needs another trace.
  scale = Array({1.0, 10.0});
  EXPECT_EQ(f(Array(3.0f)).to_vector<float>(), (std::vector<float>{3, 30}));
}

TEST(Compile, ChangesNothingWhenTheFunctionThrows) {
  Cell cell(Array(1.0f), "count");
  bool fail = true;
  auto f = compile([&](Array x) -> Array {
    cell = cell.get() + x;
    if (fail) throw std::runtime_error("no");
    return x;
  });
  EXPECT_THROW(f(Array(1.0f)), std::runtime_error);
  EXPECT_EQ(cell.get().item<float>(), 1.0f);
  fail = false;
  f(Array(1.0f));
  EXPECT_EQ(cell.get().item<float>(), 2.0f);
}

TEST(Compile, RefusesToEvaluateAnArgument) {
  auto f = compile([](Array x) -> Array { return Array(x.item<float>()); });
  EXPECT_THROW(f(Array(1.0f)), Error);
}

TEST(Compile, NamesAnArrayThatEscapes) {
  Array kept;
  auto f = compile([&](Array x) -> Array {
    kept = exp(x);
    return x;
  });
  try {
    f(Array({1.0, 2.0}));
    FAIL() << "the escape went unnoticed";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("exp"), std::string::npos) << error.what();
  }
}

TEST(Compile, AllocatesNothingOnceWarm) {
  Training t(5);
  auto step = compile([&](Array x, Array y) -> Array { return t.step(x, y); });
  auto run = [&](int steps) {
    Array loss;
    for (int i = 0; i < steps; ++i) loss = step(t.x, t.y).eval();
  };
  run(5);
  uint64_t before = memory_statistics().requests;
  run(20);
  EXPECT_EQ(memory_statistics().requests, before);
}

TEST(Compile, DifferentiatesThrough) {
  auto square_of = compile([](Array x) -> Array { return x * x; });
  auto slope = grad([&](const Array& x) { return square_of(x); });
  EXPECT_EQ(slope(Array(3.0f)).item<float>(), 6.0f);
}

// One trace, planned again where the options have changed.
TEST(Compile, FollowsTheOptions) {
  auto f = compile([](const Array& x) { return exp(x * 2 + 1) - x; });
  Array x = Array({1.f, 2.f, 3.f}), expected = f(x);
  const uint64_t traces = trace_count();
  auto launches = [&] {
    uint64_t before = execution_statistics().launches;
    test::expect_equal(f(x), expected);
    return execution_statistics().launches - before;
  };
  const uint64_t fused = launches();
  set_fusion_enabled(false);
  const uint64_t apart = launches();
  set_fusion_enabled(true);
  EXPECT_EQ(launches(), fused);
  EXPECT_EQ(apart, fused + 3);
  EXPECT_EQ(trace_count(), traces);
}

// What depends on no argument has a value while a function is traced.
TEST(Compile, EvaluatesConstantsWhileItIsTraced) {
  auto f = compile([](const Array& x) {
    Array constant = sum(ones({3}) * 2 + 1);
    constant.eval();
    Array doubled = constant * 2;
    return std::pair(doubled, x * constant + doubled.item<float>());
  });
  for (float value : {1.f, 2.f}) {
    auto [doubled, result] = f(Array({value}));
    EXPECT_EQ(doubled.item<float>(), 18);
    EXPECT_EQ(result.item<float>(), 9 * value + 18);
  }
}

TEST(Compile, KeepsATraceForEachValueOfAFlag) {
  nn::Sequential network{nn::Dropout(0.5), nn::BatchNorm(4)};
  auto f = compile([&](const Array& x) { return network(x); });
  Array x = ones({6, 4}).eval();
  const uint64_t before = trace_count();
  for (int epoch = 0; epoch < 10; ++epoch) {
    network.train();
    f(x).eval();
    network.eval();
    f(x).eval();
  }
  EXPECT_EQ(trace_count() - before, 2u);
}

// 64 are kept.
TEST(Compile, ForgetsTheTraceUsedLongestAgo) {
  auto f = compile([](const Array& x) { return x + 1; });
  const uint64_t before = trace_count();
  for (int64_t size = 1; size <= 65; ++size) {
    f(ones({size}));
    f(ones({1}));
  }
  EXPECT_EQ(trace_count() - before, 65u);
  f(ones({65}));
  EXPECT_EQ(trace_count() - before, 65u);
  f(ones({2}));
  EXPECT_EQ(trace_count() - before, 66u);
}

// Neither the trace's own arrays nor others stand for arguments of it afterwards.
TEST(Compile, LeavesOtherArraysAloneWhereATraceIsRefused) {
  Array pending = ones({3}) * 2, made_inside, kept;
  auto keeps = compile([&](const Array& x) {
    made_inside = pending + 1;
    kept = x * 2;
    return x + pending;
  });
  auto throws = compile([&](const Array& x) -> Array {
    made_inside = pending * 3 + sum(x) * 0;
    made_inside = pending * 3;
    throw std::runtime_error("no");
  });
  for (int i = 0; i < 3; ++i) {
    EXPECT_THROW(keeps(ones({3})), Error);
    test::expect_equal(made_inside, Array({3.f, 3.f, 3.f}));
    EXPECT_THROW(throws(ones({3})), std::runtime_error);
    test::expect_equal(made_inside, Array({6.f, 6.f, 6.f}));
    test::expect_equal(pending + 1, Array({3.f, 3.f, 3.f}));
  }
  // A flush of the budget meets nothing of the trace either.
  EXPECT_THROW(keeps(ones({3})), Error);
  Array count(0.f);
  for (int i = 0; i < 10000; ++i) count = count + 1;
  EXPECT_EQ(count.item<float>(), 10000);
  EXPECT_THROW(kept.eval(), Error);
}

// The reference composes softmax while the plan is made: what the budget has left runs out then.
TEST(Compile, PlansWhateverIsPending) {
  const DeviceScope scope(Device("reference"));
  for (int count : {4080, 4085, 4088, 4090, 4092, 4094, 4095, 4096}) {
    synchronize();
    Array x(0.f);
    for (int i = 0; i < count; ++i) x = x + 1;
    auto f = compile([](const Array& a) { return softmax(a, Axes{1}); });
    test::expect_equal(f(ones({4, 8})), full({4, 8}, 0.125f));
    EXPECT_EQ(x.item<float>(), static_cast<float>(count));
  }
}

}  // namespace
}  // namespace lazulite
