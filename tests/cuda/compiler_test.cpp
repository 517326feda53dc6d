// The run-time compiler and its cache together.
#include "lazulite/backends/cuda/runtime/compiler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lazulite/backends/cuda/runtime/kernel_cache.h"
#include "lazulite/core/errors.h"

namespace lazulite::test {
namespace {

TEST(CudaCompiler, TellsWhatIsWrongWithAText) {
  std::string reason;
  if (!cuda::compiler_available(&reason)) GTEST_SKIP() << reason;
  try {
    cuda::compiled("no CUDA at all", 90);
    ADD_FAILURE() << "that cannot be compiled";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("a kernel does not compile"));
    EXPECT_THAT(error.what(), testing::HasSubstr("error"));
    EXPECT_THAT(error.what(), testing::HasSubstr("no CUDA at all"));
  }
}

TEST(CudaCompiler, MakesTheSameCodeAgainFromItsCache) {
  std::string reason;
  if (!cuda::compiler_available(&reason)) GTEST_SKIP() << reason;
  const std::string text = "extern \"C\" __global__ void lazulite_kernel(float* x) { *x = 1; }\n";
  const std::string code = cuda::compiled(text, 90);
  EXPECT_EQ(code.substr(1, 3), "ELF");
  EXPECT_EQ(cuda::compiled(text, 90), code);
  EXPECT_NE(cuda::compiled(text, 80), code);
}

}  // namespace
}  // namespace lazulite::test
