#include "lazulite/backends/cuda/runtime/compiler.h"

#include <fmt/format.h>
#include <nvrtc.h>

#include "lazulite/backends/cuda/runtime/kernel_cache.h"
#include "lazulite/backends/cuda/runtime/library.h"
#include "lazulite/core/errors.h"

namespace lazulite::cuda {
namespace {

#define LAZULITE_NVRTC(F)   \
  F(nvrtcVersion)           \
  F(nvrtcGetErrorString)    \
  F(nvrtcCreateProgram)     \
  F(nvrtcDestroyProgram)    \
  F(nvrtcCompileProgram)    \
  F(nvrtcGetCUBINSize)      \
  F(nvrtcGetCUBIN)          \
  F(nvrtcGetProgramLogSize) \
  F(nvrtcGetProgramLog)

LAZULITE_FUNCTION_TABLE(Functions, LAZULITE_NVRTC);

struct Nvrtc : Functions {
  using Functions::Functions;
  int major = 0, minor = 0;
};

Nvrtc open_compiler() {
  Nvrtc nvrtc({"CUDA's run-time compiler NVRTC",
               {"libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so"},
               "the CUDA toolkit or Python's package nvidia-cuda-nvrtc (nvidia-cuda-nvrtc-cu12 for "
               "CUDA 12)"});
  if (nvrtc.available()) nvrtc.nvrtcVersion(&nvrtc.major, &nvrtc.minor);
  return nvrtc;
}

const Nvrtc& opened_compiler() {
  static const auto* nvrtc = new Nvrtc(open_compiler());
  return *nvrtc;
}

const Nvrtc& compiler() {
  const Nvrtc& nvrtc = opened_compiler();
  if (!nvrtc.available()) throw Error(nvrtc.reason);
  return nvrtc;
}

std::string compile(const Nvrtc& nvrtc, const std::string& source, const std::string& target) {
  nvrtcProgram program = nullptr;
  auto expect = [&](nvrtcResult result) {
    if (result == NVRTC_SUCCESS) return;
    throw Error(fmt::format("cuda: NVRTC failed: {}", nvrtc.nvrtcGetErrorString(result)));
  };
  expect(nvrtc.nvrtcCreateProgram(&program, source.c_str(), "kernel.cu", 0, nullptr, nullptr));
  struct Destroy {
    const Nvrtc& nvrtc;
    nvrtcProgram* program;
    ~Destroy() { nvrtc.nvrtcDestroyProgram(program); }
  } destroy{nvrtc, &program};
  const char* options[] = {target.c_str(), "--fmad=false", "--std=c++17", "--disable-warnings"};
  if (nvrtc.nvrtcCompileProgram(program, 4, options) != NVRTC_SUCCESS) {
    size_t size = 0;
    nvrtc.nvrtcGetProgramLogSize(program, &size);
    std::string log(size, '\0');
    nvrtc.nvrtcGetProgramLog(program, log.data());
    throw Error(fmt::format("cuda: a kernel does not compile:\n{}\n{}", log.c_str(), source));
  }
  size_t size = 0;
  expect(nvrtc.nvrtcGetCUBINSize(program, &size));
  std::string code(size, '\0');
  expect(nvrtc.nvrtcGetCUBIN(program, code.data()));
  return code;
}

}  // namespace

std::string compiled(const std::string& source, int architecture) {
  const Nvrtc& nvrtc = compiler();
  const std::string target = fmt::format("--gpu-architecture=sm_{}", architecture);
  const std::string key =
      fmt::format("{} nvrtc {}.{}\n{}", target, nvrtc.major, nvrtc.minor, source);
  KernelCache& cache = kernel_cache();
  if (std::optional<std::string> found = cache.find(key)) return std::move(*found);
  std::string code = compile(nvrtc, source, target);
  cache.add(key, code);
  return code;
}

bool compiler_available(std::string* reason) {
  *reason = opened_compiler().reason;
  return reason->empty();
}

}  // namespace lazulite::cuda
