// Networks that several threads use at once.
#include "stress/stress.h"
#include "support/temp_folder.h"

namespace lazulite::stress {
namespace {

using Modules = StressTest;

// Weights are pending until somebody needs them, and here all do at once.
TEST_F(Modules, AreFirstUsedByAll) {
  Array x = whole_numbers({16, 12, 12, 3}, 1);
  for (int round = 0; round < rounds(15); ++round) {
    random::seed(static_cast<uint64_t>(round));
    nn::Sequential network{nn::Conv2d(3, 8, 3, {.padding = 1}),
                           nn::ReLU(),
                           nn::MaxPool2d(2),
                           nn::Flatten(),
                           nn::Linear(288, 64),
                           nn::ReLU(),
                           nn::Linear(64, 5)};
    network.eval();
    std::vector<Array> got(4);
    together(4, [&](int i) { got[static_cast<size_t>(i)] = network(x).eval(); });
    for (const Array& result : got) expect_same(result, got[0]);
    EXPECT_TRUE(lazulite::all(isfinite(got[0])).item<bool>());
  }
}

// A layer is a whole at any time: its result comes from the old weights or from the new ones.
TEST_F(Modules, LoadWeightsWhileOthersInfer) {
  test::TempFolder folder;
  nn::Linear layer(50, 40, false);
  for (int k : {1, 2}) {
    layer.update({{"weight", full({40, 50}, k, Dtype::float32)}});
    layer.save_weights(folder / std::to_string(k));
  }
  Array x = ones({60, 50}).eval();
  auto compiled = compile([&](const Array& in) { return layer(in); });
  together(3, [&](int i) {
    for (int k = 0; k < rounds(100); ++k) {
      if (i == 0) {
        layer.load_weights(folder / std::to_string(1 + k % 2));
        continue;
      }
      Array y = i == 1 ? layer(x) : compiled(x);
      float least = min(y).item<float>(), most = max(y).item<float>();
      EXPECT_EQ(least, most);
      EXPECT_TRUE(least == 50 || least == 100) << least;
    }
  });
}

TEST_F(Modules, ChangeTheirFlagsWhileOthersInfer) {
  nn::Sequential network{nn::Linear(20, 20), nn::Dropout(0.5)};
  network.eval();
  auto compiled = compile([&](const Array& in) { return network(in); });
  Array x = ones({30, 20}).eval();
  Array expected = network(x).eval();
  together(3, [&](int i) {
    for (int k = 0; k < rounds(60); ++k) {
      if (i == 0) {
        network.train(k % 2 == 0);
      } else {
        // Each element is as without dropout, or dropped, or doubled.
        Array y = compiled(x), distance = abs(y - expected) * abs(y) * abs(y - expected * 2);
        EXPECT_LT(max(distance).item<float>(), 1e-4);
      }
    }
  });
}

}  // namespace
}  // namespace lazulite::stress
