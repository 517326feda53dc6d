// Which steps of a segment wait for which.
#include "lazulite/backends/cuda/runtime/graph.h"

#include <gtest/gtest.h>

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
