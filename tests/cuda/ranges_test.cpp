// Ranges of NVTX, as a profiler's library is told of them.
#include "lazulite/backends/cuda/runtime/ranges.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <memory>

#include "environment.h"
#include "lazulite/ops/primitives/movers.h"
#include "lazulite/ops/primitives/primitive.h"

namespace lazulite::test {
namespace {

TEST(CudaRanges, SayWhatALaunchComputes) {
#ifndef LAZULITE_FAKE_NVTX
  GTEST_SKIP() << "built without NVTX's headers";
#else
  Variable injection("NVTX_INJECTION64_PATH", LAZULITE_FAKE_NVTX);
  auto kernel = std::make_shared<FusedKernel>();
  kernel->ops.push_back({false, Row::multiply, Dtype::float32, {0, 1}});
  kernel->ops.push_back({true, Row(0), Dtype::float16, {2}});
  Launch fused;
  fused.fused = kernel;
  Launch copy;
  copy.primitive = make_primitive(Copy{});
  {
    const cuda::LaunchRange outer(fused, 0);
    const cuda::LaunchRange inner(copy, 1);
  }
  for (int i = 0; i < 10; ++i) kernel->ops.push_back({false, Row::add, Dtype::float32, {0, 1}});
  { const cuda::LaunchRange range(fused, 0); }
  void* library = dlopen(LAZULITE_FAKE_NVTX, RTLD_NOW);
  ASSERT_TRUE(library) << dlerror();
  auto* noted = reinterpret_cast<const char* (*)()>(dlsym(library, "fake_nvtx_ranges"));
  EXPECT_STREQ(noted(),
               "<multiply, astype><Copy></></><multiply, astype, add, add, add, add, ...></>");
#endif
}

}  // namespace
}  // namespace lazulite::test
