// How NVIDIA's libraries are found, and what is said where one is missing.
#include "lazulite/backends/cuda/runtime/library.h"

#include <cuda.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "environment.h"
#include "lazulite/core/errors.h"
#include "lazulite/ops/ops.h"
#include "lazulite/program/backends.h"
#include "lazulite/program/evaluate.h"
#include "support/temp_folder.h"

namespace lazulite::test {
namespace {

using testing::HasSubstr;

constexpr const char* absent = "libno_such_library_at_all.so.1";

TEST(CudaLibraries, AreLookedForInTheOrderOfTheManual) {
  TempFolder folder;
  folder.write("venv/lib/python3.12/site-packages/nvidia/cublas/lib/file", "");
  folder.write("venv/lib/python3.12/site-packages/nvidia/cu13/lib/file", "");
  Variable path("LAZULITE_CUDA_PATH", "/first:/second");
  Variable environment("VIRTUAL_ENV", folder / "venv");
  Variable home("CUDA_HOME", "/home-of-cuda");
  const std::string packages = folder / "venv/lib/python3.12/site-packages/nvidia/";
  EXPECT_THAT(
      cuda::library_folders(),
      testing::ElementsAre("/first", "/second", packages + "cu13/lib", packages + "cublas/lib",
                           "/home-of-cuda/lib64", "/home-of-cuda/lib", "", "/usr/local/cuda/lib64",
                           "/usr/local/cuda/lib"));
}

TEST(CudaLibraries, ThatAreMissingAreNamedWithWhatBringsThem) {
  Variable path("LAZULITE_CUDA_PATH", "/first");
  std::string reason;
  EXPECT_EQ(cuda::open_library({"the thing", {absent}, "the package"}, &reason), nullptr);
  EXPECT_THAT(reason, testing::StartsWith(std::string("the thing is missing: ") + absent +
                                          " was not found in /first, "));
  EXPECT_THAT(reason, testing::EndsWith("; install the package"));
}

TEST(CudaLibraries, ThatAreDamagedAreNamedToo) {
  TempFolder folder;
  folder.write(absent, "no library");
  Variable path("LAZULITE_CUDA_PATH", folder.path());
  std::string reason;
  EXPECT_EQ(cuda::open_library({"the thing", {absent}, "the package"}, &reason), nullptr);
  EXPECT_THAT(reason, HasSubstr("the thing cannot be opened ("));
  EXPECT_THAT(reason, HasSubstr(absent));
}

TEST(CudaLibraries, ComeFromTheFirstFolderThatHasThem) {
  Variable path("LAZULITE_CUDA_PATH", std::string("/nowhere:") + LAZULITE_FAKE_CUDA_DRIVER);
  std::string reason;
  EXPECT_NE(cuda::open_library({"the driver", {"libcuda.so.1"}, "it"}, &reason), nullptr) << reason;
}

#define LAZULITE_TWO(F) F(cuInit) F(cuDriverGetVersion)
LAZULITE_FUNCTION_TABLE(Two, LAZULITE_TWO);
#define LAZULITE_UNKNOWN(F) F(cuInit) F(cuCtxGetLimit)
LAZULITE_FUNCTION_TABLE(WithUnknown, LAZULITE_UNKNOWN);

TEST(CudaLibraries, AreTablesOfTheirFunctions) {
  Variable path("LAZULITE_CUDA_PATH", LAZULITE_FAKE_CUDA_DRIVER);
  const Two found({"the driver", {"libcuda.so.1"}, "it"});
  EXPECT_TRUE(found.available()) << found.reason;
  int version = 0;
  EXPECT_EQ(found.cuDriverGetVersion(&version), CUDA_SUCCESS);
  EXPECT_EQ(version, 13000);
  const WithUnknown lacking({"the driver", {"libcuda.so.1"}, "another"});
  EXPECT_FALSE(lacking.available());
  EXPECT_EQ(lacking.reason, "the driver lacks cuCtxGetLimit; install another");
  const Two missing({"the thing", {absent}, "the package"});
  EXPECT_FALSE(missing.available());
  EXPECT_THAT(missing.reason, testing::StartsWith("the thing is missing: "));
  EXPECT_EQ(missing.cuInit, nullptr);
}

TEST(CudaDevice, IsWhatGpuMeans) { EXPECT_EQ(Device("gpu"), Device("cuda")); }

// Where there is a GPU, there is nothing to say.
TEST(CudaDevice, ThatIsMissingIsOneSentenceAndTheCpuGoesOn) {
  std::string reason;
  if (device_available(Device("cuda"), &reason)) GTEST_SKIP() << "this machine has a GPU";
  EXPECT_THAT(reason, testing::AnyOf(HasSubstr("the NVIDIA driver"), HasSubstr("NVRTC")));
  EXPECT_THAT(reason, testing::Not(HasSubstr("\n")));
  {
    DeviceScope scope{Device("gpu")};
    EXPECT_THROW(eval(ones({3}) + 1), Error);
  }
  EXPECT_EQ(sum(ones({3}) + 1).item<float>(), 6);
}

}  // namespace
}  // namespace lazulite::test
