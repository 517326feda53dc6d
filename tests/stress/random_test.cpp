// Random numbers drawn by several threads.
#include "stress/stress.h"

namespace lazulite::stress {
namespace {

using Draws = StressTest;

void expect_uniform(const Array& x) {
  std::vector<float> values = x.to_vector<float>();
  double total = 0;
  for (float value : values) {
    ASSERT_GE(value, 0);
    ASSERT_LT(value, 1);
    total += value;
  }
  EXPECT_NEAR(total / static_cast<double>(values.size()), 0.5, 0.05);
}

TEST_F(Draws, OfTwoThreads) {
  for (int round = 0; round < rounds(20); ++round) {
    together(2, [&](int i) {
      Array before;
      for (int k = 0; k < 20; ++k) {
        dawdle(static_cast<uint64_t>(round * 40 + 2 * k + i));
        Array x = random::uniform({5000});
        expect_uniform(x);
        if (before.valid()) {
          EXPECT_NE(before.to_vector<float>(), x.to_vector<float>());
        }
        before = x;
      }
    });
  }
}

TEST_F(Draws, OfACompiledFunctionBesideOthers) {
  for (int round = 0; round < rounds(20); ++round) {
    auto noisy = compile([](const Array& x) { return x + random::uniform({3000}); });
    Array zero = zeros({3000}).eval();
    together(3, [&](int i) {
      for (int k = 0; k < 15; ++k) {
        if (i == 0) {
          expect_uniform(random::uniform({3000}));
        } else {
          expect_uniform(noisy(zero));
        }
      }
    });
  }
}

TEST_F(Draws, WhileOthersSeed) {
  for (int round = 0; round < rounds(20); ++round) {
    together(3, [&](int i) {
      for (int k = 0; k < 15; ++k) {
        if (i == 0) random::seed(static_cast<uint64_t>(k));
        expect_uniform(random::uniform({3000}));
      }
    });
  }
}

// Seeds act on the thread that gives them, and a new thread starts from a fixed key.
TEST_F(Draws, AreOfEachThread) {
  const auto draw = [] { return random::uniform({4}).to_vector<float>(); };
  random::seed(5);
  const std::vector<float> first = draw();
  std::vector<float> fresh[2], seeded;
  for (std::vector<float>& numbers : fresh) {
    std::thread([&] {
      numbers = draw();
      random::seed(5);
      seeded = draw();
    }).join();
  }
  EXPECT_EQ(fresh[0], fresh[1]);
  EXPECT_EQ(seeded, first);
  const std::vector<float> second = draw();
  random::seed(5);
  EXPECT_EQ(draw(), first);
  EXPECT_EQ(draw(), second);
}

}  // namespace
}  // namespace lazulite::stress
