// The memory that runs use in turn for what lies between two kernels.
#include <gtest/gtest.h>

#include "lazulite/lazulite.h"

namespace lazulite {
namespace {

TEST(Workspace, IsGivenBackOnceTheNextRunsDoNotNeedIt) {
  // Smaller ones would run on this thread, without the memory that the queue's runs share.
  const Array a = ones({3000, 64}).eval(), small = ones({40, 40}).eval();
  const size_t between = 3000 * 3000 * sizeof(float);
  EXPECT_EQ(sum(matmul(a, transpose(a))).item<float>(), 3000.0f * 3000 * 64);
  // It takes the place of a smaller one that earlier runs may have left.
  const size_t with = memory_statistics().active_bytes;
  EXPECT_GE(with, between);
  for (int i = 0; i < 20; ++i) matmul(small, small).eval();
  EXPECT_LE(memory_statistics().active_bytes, with - between);
}

}  // namespace
}  // namespace lazulite
