// Compiled functions and the cells that they change, shared by threads.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "stress/stress.h"

namespace lazulite::stress {
namespace {

using CompiledFunctions = StressTest;

constexpr int threads = 4;

TEST_F(CompiledFunctions, AreCalledByAll) {
  auto f =
      compile([](const Array& x) { return sum(remainder(matmul(x, transpose(x)), 5) * 2, 1); });
  for (int round = 0; round < rounds(20); ++round) {
    together(threads, [&](int i) {
      for (int k = 0; k < 10; ++k) {
        // Two shapes, so that a trace of one meets calls of the other.
        Array x = whole_numbers({60 + (i + k) % 2 + 2 * (round % 3), 70}, static_cast<uint64_t>(k));
        expect_same(f(x), sum(remainder(matmul(x, transpose(x)), 5) * 2, 1));
      }
    });
  }
}

// Each call sees what one other call has left: nothing is lost, nothing is counted twice.
TEST_F(CompiledFunctions, ChangeACellOneAfterTheOther) {
  for (int round = 0; round < rounds(10); ++round) {
    Cell count(zeros({}, Dtype::int32)), large(zeros({200, 200}));
    auto step = compile([&](const Array& x) {
      large = large.get() + x;
      count = count.get() + 1;
      return count.get();
    });
    Array one = ones({200, 200}).eval();
    constexpr int calls = 25;
    std::vector<std::vector<int>> seen(threads);
    together(threads, [&](int i) {
      for (int k = 0; k < calls; ++k) {
        dawdle(static_cast<uint64_t>(round * 1000 + i * calls + k));
        seen[static_cast<size_t>(i)].push_back(step(one).item<int>());
      }
    });
    std::vector<int> all, expected(threads * calls);
    for (const auto& part : seen) all.insert(all.end(), part.begin(), part.end());
    std::sort(all.begin(), all.end());
    std::iota(expected.begin(), expected.end(), 1);
    EXPECT_EQ(all, expected);
    expect_same(large.get(), full({200, 200}, static_cast<float>(threads * calls)));
  }
}

// Somebody reads the cells all the while.
TEST_F(CompiledFunctions, ChangeCellsThatOthersRead) {
  Cell cell(zeros({300, 100}));
  auto step = compile([&](const Array& x) { cell = cell.get() + x; });
  Array one = ones({300, 100}).eval();
  int calls = rounds(200);
  together(3, [&](int i) {
    float before = 0;
    for (int k = 0; k < calls; ++k) {
      if (i == 0) {
        step(one);
        continue;
      }
      Array value = cell.get();
      float least = min(value).item<float>(), most = max(value).item<float>();
      EXPECT_EQ(least, most) << "a value that is half changed";
      EXPECT_GE(least, before);
      before = least;
    }
  });
  expect_same(cell.get(), full({300, 100}, static_cast<float>(calls)));
}

TEST_F(CompiledFunctions, TrainOneNetwork) {
  for (int round = 0; round < rounds(4); ++round) {
    random::seed(1);
    nn::Sequential network{nn::Linear(20, 30), nn::ReLU(), nn::Dropout(0.2), nn::Linear(30, 3)};
    optim::Adam optimizer(1e-3);
    auto loss = [&](const Array& x, const Array& y) { return nn::cross_entropy(network(x), y); };
    auto step = compile([&](const Array& x, const Array& y) {
      auto [value, gradients] = nn::value_and_grad(network, loss)(x, y);
      optimizer.update(network, gradients);
      return value;
    });
    Array x = whole_numbers({64, 20}, 7);
    Array y = astype(remainder(sum(x, 1), 3), Dtype::int32).eval();
    constexpr int calls = 8;
    together(threads, [&](int) {
      for (int k = 0; k < calls; ++k) EXPECT_TRUE(std::isfinite(step(x, y).item<float>()));
    });
    EXPECT_EQ(optimizer.step().item<int>(), threads * calls);
    for (const auto& [name, cell] : network.parameters()) {
      EXPECT_TRUE(lazulite::all(isfinite(cell.get())).item<bool>()) << name;
    }
  }
}

}  // namespace
}  // namespace lazulite::stress
