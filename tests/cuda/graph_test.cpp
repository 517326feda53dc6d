// Which steps of a segment wait for which.
#include "lazulite/backends/cuda/runtime/graph.h"

#include <gtest/gtest.h>

namespace lazulite::test {
namespace {

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

}  // namespace
}  // namespace lazulite::test
