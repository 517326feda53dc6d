// What can be said of the printed CUDA text without a compiler for it.
#include "lazulite/backends/cuda/source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels.h"
#include "lazulite/backends/cuda/prelude.h"
#include "lazulite/core/errors.h"

namespace lazulite::test {
namespace {

using testing::HasSubstr;

TEST(CudaSource, PrintsEveryValueOfTheTable) {
  for (int i = 0; i < row_count; ++i) {
    const RowInfo& row = info(Row(i));
    // bool may be refused where there is a value for integers, hence int32.
    EXPECT_EQ(cuda::row_source(Row(i), Dtype::float32).empty(), *row.floating == '\0') << row.name;
    EXPECT_EQ(cuda::row_source(Row(i), Dtype::complex64).empty(), *row.complex == '\0') << row.name;
    if (row.rule != TypeRule::floating && row.rule != TypeRule::logical) {
      EXPECT_EQ(cuda::row_source(Row(i), Dtype::int32).empty(), *row.integer == '\0') << row.name;
    }
  }
}

TEST(CudaSource, KeepsTheTokensOfTheRow) {
  EXPECT_THAT(cuda::row_source(Row::sigmoid, Dtype::float32),
              HasSubstr(info(Row::sigmoid).floating));
}

TEST(CudaSource, DependsOnTheLaunchAlone) {
  std::vector<NamedLaunch> launches = fused_launches(), again = fused_launches();
  for (size_t i = 0; i < launches.size(); ++i) {
    EXPECT_EQ(cuda::kernel_source(launches[i].launch, "k"),
              cuda::kernel_source(again[i].launch, "k"));
  }
}

TEST(CudaSource, GivesEachElementOfAReductionAThread) {
  for (const NamedLaunch& named : fused_launches()) {
    const Launch& launch = named.launch;
    EXPECT_EQ(cuda::thread_count(*launch.fused), launch.outputs[launch.outputs.size() - 1].size())
        << named.name;
  }
}

TEST(CudaSource, RefusesARowWithoutValue) {
  Launch launch = fused_launches()[0].launch;
  FusedKernel kernel = *launch.fused;
  kernel.ops[0].row = Row::bitwise_and;
  launch.fused = std::make_shared<FusedKernel>(kernel);
  EXPECT_THROW(cuda::kernel_source(launch, "k"), Error);
}

}  // namespace
}  // namespace lazulite::test
