#include "lazulite/program/backend.h"

#include <omp.h>

#ifdef __GLIBC__
#include <execinfo.h>
#endif

#include "lazulite/backends/cpu/executable.h"
#include "lazulite/backends/cpu/primitives/convolution/conv_block.h"
#include "lazulite/backends/cpu/simd_target.h"
#include "lazulite/core/fork.h"

namespace lazulite::cpu {
namespace {

class CpuBackend final : public Backend {
 public:
  const char* name() const override { return "cpu"; }
  MemorySpace& memory() override { return host_memory(); }
  bool can_run(const Launch& launch) const override { return cpu::can_run(launch); }
  bool accepts_layout(const Launch& launch, size_t index, bool output,
                      Layout layout) const override {
    const Call* call = launch.fused ? nullptr : launch.primitive->get_if<Call>();
    return call && layout == Layout::image_lanes &&
           (call->id == CallId::conv_block || call->id == CallId::conv_block_grad) &&
           conv_block_accepts_layout(*call, launch, index, output);
  }
  std::unique_ptr<Executable> prepare(std::span<const Launch> segment) override {
    return std::make_unique<CpuExecutable>(segment);
  }
};

// The C library opens the unwinder when an exception first passes one of its own functions, and
// ends the process where there is no memory for that any more. This has it opened now.
void open_unwinder() {
#ifdef __GLIBC__
  void* frame = nullptr;
  ::backtrace(&frame, 1);
#endif
}

Backend* open_backend(int /*device_index*/, std::string* reason) {
  open_unwinder();
  omp_get_max_threads();  // which has OpenMP register its handlers
  handle_forks_first();
  if (!choose_simd_target(reason)) return nullptr;
  static auto* backend = new CpuBackend;
  return backend;
}

constexpr BackendEntry entry = {backend_interface_version, [] { return 1; }, open_backend};

}  // namespace
}  // namespace lazulite::cpu

extern "C" __attribute__((visibility("default"))) const lazulite::BackendEntry*
lazulite_backend_entry() {
  return &lazulite::cpu::entry;
}
