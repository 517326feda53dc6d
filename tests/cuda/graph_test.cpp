// Which steps of a segment wait for which.
#include "lazulite/backends/cuda/runtime/graph.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace lazulite::test {
namespace {

using cuda::Sharing;

using Steps = std::vector<std::vector<cuda::Touched>>;
using Needed = std::vector<std::vector<size_t>>;

constexpr cuda::Touched reads(uintptr_t first, uintptr_t last) { return {first, last, false}; }
constexpr cuda::Touched writes(uintptr_t first, uintptr_t last) { return {first, last, true}; }

TEST(CudaGraph, ReadersWaitForTheWriterAndNotForEachOther) {
  const Steps steps = {{writes(0, 8)}, {reads(0, 4), writes(8, 12)}, {reads(4, 8), writes(12, 16)}};
  EXPECT_EQ(cuda::dependencies(steps), (Needed{{}, {0}, {0}}));
}

TEST(CudaGraph, WhoTakesMemoryWaitsForItsReaders) {
  const Steps steps = {{writes(0, 8)}, {reads(0, 8), writes(8, 16)}, {writes(0, 4)}};
  EXPECT_EQ(cuda::dependencies(steps), (Needed{{}, {0}, {1}}));
}

TEST(CudaGraph, NeighboursInMemoryAreIndependent) {
  const Steps steps = {{writes(0, 8)}, {writes(8, 16)}, {writes(16, 16), reads(3, 3)}};
  EXPECT_EQ(cuda::dependencies(steps), (Needed{{}, {}, {}}));
}

TEST(CudaGraph, AChainNamesOnlyTheLast) {
  const Steps steps = {{writes(0, 8)}, {reads(0, 8), writes(0, 8)}, {reads(0, 8), writes(8, 9)}};
  EXPECT_EQ(cuda::dependencies(steps), (Needed{{}, {0}, {1}}));
}

TEST(CudaGraph, BeginsWithWhatTheLongestChainWaitsFor) {
  const Needed needed = {{}, {}, {1}, {0}, {2}};
  EXPECT_EQ(cuda::longest_first(needed), (std::vector<size_t>{1, 0, 2, 3, 4}));
}

TEST(CudaGraph, AwaitsWhatIsReadyEarlyWhereAnotherStepWaitsForSeveral) {
  Needed needed = {{}, {}, {}, {0}, {3}, {4, 1}, {5}, {6, 2}};
  cuda::join_early(needed);
  EXPECT_EQ(needed, (Needed{{}, {}, {}, {0}, {3}, {4, 1, 2}, {5}, {6}}));
}

TEST(CudaGraph, AwaitsNothingBeforeItCanBeReady) {
  // What the last step needs is ready no earlier than the one that waits for several.
  const Needed needed = {{}, {}, {0, 1}, {0}, {3}, {2, 4}};
  Needed joined = needed;
  cuda::join_early(joined);
  EXPECT_EQ(joined, needed);
}

// Which steps come before which.
std::vector<std::vector<bool>> closure(const Needed& needed) {
  std::vector<std::vector<bool>> before(needed.size(), std::vector<bool>(needed.size()));
  for (size_t step : cuda::longest_first(needed)) {
    for (size_t earlier : needed[step]) {
      before[step][earlier] = true;
      for (size_t i = 0; i < needed.size(); ++i) {
        if (before[earlier][i]) before[step][i] = true;
      }
    }
  }
  return before;
}

TEST(CudaGraph, JoiningKeepsEveryOrder) {
  std::mt19937 generator(0);
  for (int round = 0; round < 300; ++round) {
    Needed needed(30);
    for (size_t step = 1; step < needed.size(); ++step) {
      for (size_t earlier = step < 6 ? 0 : step - 6; earlier < step; ++earlier) {
        if (generator() % 4 == 0) needed[step].push_back(earlier);
      }
      if (generator() % 3 == 0) needed[step].push_back(generator() % step);
      std::sort(needed[step].begin(), needed[step].end());
      needed[step].erase(std::unique(needed[step].begin(), needed[step].end()), needed[step].end());
    }
    const auto before = closure(needed);
    cuda::join_early(needed);
    const auto after = closure(needed);
    for (size_t step = 0; step < needed.size(); ++step) {
      EXPECT_FALSE(after[step][step]);
      for (size_t i = 0; i < needed.size(); ++i) {
        EXPECT_TRUE(after[step][i] || !before[step][i]) << step << " waits for " << i;
      }
    }
  }
}

TEST(Sharing, IsOfRegionsThatHangTogether) {
  // The second lies apart, the third inside of the first, the last overlaps the third.
  const Sharing shared =
      cuda::sharing_of({{100, 100, 200}, {300, 300, 310}, {150, 150, 180}, {170, 170, 220}});
  EXPECT_EQ(shared, (Sharing{{0, 0}, {1, 0}, {0, 50}, {0, 70}}));
}

TEST(Sharing, IsTheSameWhereRegionsMoveTogether) {
  const Sharing here = cuda::sharing_of({{0, 0, 10}, {4, 4, 8}, {100, 110, 120}});
  EXPECT_EQ(here, cuda::sharing_of({{500, 500, 510}, {504, 504, 508}, {0, 10, 20}}));
  EXPECT_NE(here, cuda::sharing_of({{500, 500, 510}, {505, 505, 509}, {0, 10, 20}}));
  EXPECT_NE(here, cuda::sharing_of({{500, 500, 510}, {700, 700, 704}, {0, 10, 20}}));
}

TEST(Sharing, IsNotOfNeighbours) {
  EXPECT_EQ(cuda::sharing_of({{0, 0, 10}, {10, 10, 20}}), (Sharing{{0, 0}, {1, 0}}));
}

}  // namespace
}  // namespace lazulite::test
