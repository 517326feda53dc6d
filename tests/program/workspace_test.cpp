// The memory that runs use in turn for what lies between two kernels.
#include <gtest/gtest.h>

#include "lazulite/lazulite.h"

namespace lazulite {
namespace {

TEST(Workspace, IsGivenBackOnceTheNextRunsDoNotNeedIt) {
  const Array a = ones({3000, 64}).eval(), small = ones({20, 20}).eval();
  auto run_small = [&] {
    for (int i = 0; i < 20; ++i) matmul(small, small).eval();
  };
  run_small();  // gives back what earlier tests have left
  const size_t before = memory_statistics().active_bytes;
  const size_t between = 3000 * 3000 * sizeof(float);
  EXPECT_EQ(sum(matmul(a, transpose(a))).item<float>(), 3000.0f * 3000 * 64);
  EXPECT_GE(memory_statistics().active_bytes, before + between);
  run_small();
  EXPECT_LT(memory_statistics().active_bytes, before + between);
}

}  // namespace
}  // namespace lazulite
