#include "lazulite/transforms/checkpoint.h"

#include <gtest/gtest.h>

#include "lazulite/core/memory.h"
#include "lazulite/nn/nn.h"
#include "lazulite/ops/ops.h"
#include "lazulite/program/backends.h"
#include "lazulite/program/evaluate.h"
#include "lazulite/program/options.h"
#include "lazulite/transforms/compile.h"
#include "lazulite/transforms/jvp.h"
#include "lazulite/transforms/vjp.h"
#include "lazulite/transforms/vmap.h"
#include "support/expect.h"
#include "support/finite_differences.h"

namespace lazulite {
namespace {

using test::expect_close;
using test::expect_equal;
using test::spread_values;

Arrays block(const Arrays& a) { return {tanh(matmul(tanh(matmul(a[0], a[1])), a[1]))}; }

TEST(Checkpoint, GivesTheSameBits) {
  Array x = spread_values({7, 5}), w = spread_values({5, 5}, 1);
  auto plain = [](const Arrays& a) { return Arrays{sum(block(a)[0])}; };
  auto checkpointed = [](const Arrays& a) { return Arrays{sum(checkpoint(block)(a)[0])}; };
  auto [value, gradients] = value_and_grad(plain, {0, 1})({x, w});
  auto [again, others] = value_and_grad(checkpointed, {0, 1})({x, w});
  expect_equal(value[0], again[0]);
  expect_equal(gradients[0], others[0]);
  expect_equal(gradients[1], others[1]);
  expect_equal(checkpoint(block)({x, w})[0], block({x, w})[0]);
}

TEST(Checkpoint, LetsGradientsFlowToWhatItCaptures) {
  Array x = spread_values({4});
  auto total = [](const Array& w) {
    auto inner = checkpoint([w](const Array& a) { return sin(a * w); });
    return sum(inner(w * 2));
  };
  expect_close(grad(total)(x), cos(2 * x * x) * 4 * x, 1e-12);
}

TEST(Checkpoint, DrawsTheSameRandomNumbersBothTimes) {
  Array x = ones({1000});
  int calls = 0;
  auto drop = checkpoint([&](const Array& a) {
    ++calls;
    return a * astype(random::bernoulli(0.5, {1000}), Dtype::float32);
  });
  auto [value, gradient] = value_and_grad([&](const Array& a) { return sum(drop(a)); })(x);
  expect_equal(value, sum(gradient));
  EXPECT_EQ(calls, 1);
}

TEST(Checkpoint, CanBeDifferentiatedAgainAndMapped) {
  auto inner = checkpoint([](const Array& a) { return exp(sin(a)) * a; });
  auto plain = [](const Array& a) { return exp(sin(a)) * a; };
  Array x = spread_values({5}), t = spread_values({5}, 1);
  auto second = [](auto f) {
    return grad(
        [f](const Array& a) { return sum(grad([f](const Array& b) { return sum(f(b)); })(a)); });
  };
  expect_close(second(inner)(x), second(plain)(x), 1e-12);
  expect_close(jvp(inner, x, t).second, jvp(plain, x, t).second, 1e-12);
  auto rows = [](auto f) { return grad([f](const Array& a) { return sum(vmap(f)(a)); }); };
  Array many = spread_values({3, 5});
  expect_close(rows(inner)(many), rows(plain)(many), 1e-12);
  auto each = [](auto f) { return vmap(grad([f](const Array& a) { return sum(f(a)); })); };
  expect_close(each(inner)(many), each(plain)(many), 1e-12);
}

// The parameters of layers are captured.
TEST(Checkpoint, TrainsLayers) {
  random::seed(3);
  nn::Linear layer(6, 6);
  Array x = spread_values({8, 6});
  auto loss = [&](bool saves) {
    auto forward = [&](const Array& a) { return tanh(layer(tanh(layer(a)))); };
    return nn::value_and_grad(
               layer, [&, saves] { return sum(saves ? checkpoint(forward)(x) : forward(x)); })()
        .second;
  };
  auto plain = loss(false), checkpointed = loss(true);
  ASSERT_EQ(plain.size(), checkpointed.size());
  for (size_t i = 0; i < plain.size(); ++i) {
    EXPECT_EQ(checkpointed[i].first, plain[i].first);
    expect_equal(checkpointed[i].second, plain[i].second);
  }
}

// A deep chain: what lies between the checkpoints is not kept.
TEST(Checkpoint, NeedsLessMemory) {
  if (&backend_of(default_device()).memory() != &host_memory()) {
    GTEST_SKIP() << "what is counted is the host's";
  }
  constexpr int blocks = 6, depth = 8;
  Array w = spread_values({256, 256}) * 0.05, x = spread_values({512, 256}, 1);
  eval({w, x});
  auto deep = [](const Arrays& a) {
    Array h = a[0];
    for (int i = 0; i < depth; ++i) h = sin(matmul(h, a[1]));
    return Arrays{h};
  };
  auto peak = [&](bool saves, Array& gradient) {
    ArraysFunction deep_block = saves ? checkpoint(deep) : ArraysFunction(deep);
    auto gradient_of = compile([=](const Array& input, const Array& weight) {
      auto total = [=](const Array& v) {
        Array h = input;
        for (int i = 0; i < blocks; ++i) h = deep_block({h, v})[0];
        return sum(h);
      };
      return grad(total)(weight);
    });
    clear_cache();
    reset_peak_memory();
    size_t before = memory_statistics().active_bytes;
    gradient = gradient_of(x, w).eval();
    return memory_statistics().peak_bytes - before;
  };
  Array plain, checkpointed;
  size_t all = peak(false, plain), few = peak(true, checkpointed);
  expect_close(checkpointed, plain, 1e-10, 1e-10 * max(abs(plain)).item<double>());
  // 48 layers keep 2 MB each; with checkpoints, 6 blocks and the layers of one.
  EXPECT_LT(few, all / 2) << "of " << all;
}

TEST(Checkpoint, RefusesEmptyHandles) {
  auto nothing = checkpoint([](const Array&) { return Array(); });
  EXPECT_THROW(nothing(ones({2})), Error);
  EXPECT_THROW(grad(nothing)(ones({2})), Error);
}

TEST(Depends, ShowsItsInputs) {
  Array x = spread_values({4}), y = spread_values({2}, 1);
  std::vector<Array> out = depends({x, y}, {exp(x)});
  expect_equal(out[0], x);
  expect_equal(out[1], y);
  expect_equal(depends(x, y) + x, x + x);
  EXPECT_TRUE(depends(std::vector<Array>{}, {x}).empty());
}

// The same work twice, where a plain repetition would be done once.
TEST(Depends, KeepsWorkFromBeingShared) {
  Array x = ones({64, 64}).eval();
  auto launches_of = [&](bool apart) {
    Array first = matmul(x, x);
    Array second = apart ? matmul(depends(x, sum(first)), x) : matmul(x, x);
    uint64_t before = execution_statistics().launches;
    eval({first, second});
    expect_equal(first, second);
    return execution_statistics().launches - before;
  };
  EXPECT_GT(launches_of(true), launches_of(false));
}

}  // namespace
}  // namespace lazulite
