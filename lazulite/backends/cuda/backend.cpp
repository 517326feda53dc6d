#include "lazulite/program/backend.h"

#include <map>
#include <mutex>

#include "lazulite/backends/cuda/kernels/fused.h"
#include "lazulite/backends/cuda/primitives/attention.h"
#include "lazulite/backends/cuda/primitives/operations.h"
#include "lazulite/backends/cuda/primitives/primitives.h"
#include "lazulite/backends/cuda/runtime/compiler.h"
#include "lazulite/backends/cuda/runtime/executable.h"
#include "lazulite/backends/cuda/runtime/fourier.h"
#include "lazulite/backends/cuda/runtime/kernel_cache.h"
#include "lazulite/backends/cuda/runtime/ranges.h"
#include "lazulite/backends/cuda/runtime/solver.h"
#include "lazulite/core/environment.h"
#include "lazulite/core/errors.h"
#include "lazulite/core/fork.h"

namespace lazulite::cuda {
namespace {

bool has_library(NeededLibrary needed) {
  switch (needed) {
    case NeededLibrary::fourier: return fourier_library_available();
    case NeededLibrary::solver: return solver_library_available();
    default: return true;
  }
}

class CudaBackend final : public Backend {
 public:
  explicit CudaBackend(const DeviceInfo& device) : device_(device), memory_(device) {}

  const char* name() const override { return "cuda"; }
  MemorySpace& memory() override { return memory_; }
  bool can_run(const Launch& launch) const override {
    if (launch.fused) return can_run_fused(launch);
    if (device_.architecture < needed_architecture(launch)) return false;
    return can_run_primitive(launch) && has_library(needed_library(launch));
  }
  std::unique_ptr<Executable> prepare(std::span<const Launch> segment) override {
    return std::make_unique<CudaExecutable>(device_, memory_, segment);
  }
  bool asynchronous() const override { return true; }
  MarkPtr enqueue(Executable& executable, int stream, const Executable::Arguments& arguments,
                  std::span<const MarkPtr> needs) override {
    return queue(stream).add(static_cast<CudaExecutable&>(executable), arguments.slots, needs);
  }
  DeviceStatistics statistics() const override {
    return {memory_.statistics(), *device_.submissions};
  }
  void drain() {
    std::lock_guard lock(mutex_);
    for (auto& [stream, queue] : queues_) queue->drain();
  }

 private:
  Queue& queue(int stream) {
    std::lock_guard lock(mutex_);
    std::unique_ptr<Queue>& queue = queues_[stream];
    if (!queue) queue = std::make_unique<Queue>(device_, memory_, this);
    return *queue;
  }

  const DeviceInfo& device_;
  DeviceMemory memory_;
  std::mutex mutex_;
  std::map<int, std::unique_ptr<Queue>> queues_;
};

// One for each device, never destroyed: their threads live as long as the process.
struct Backends {
  std::mutex mutex;
  std::map<int, CudaBackend*> by_index;
};
Backends& backends() {
  static auto* all = new Backends;
  return *all;
}

void drain_all() {
  std::lock_guard lock(backends().mutex);
  for (auto& [index, backend] : backends().by_index) {
    if (backend) backend->drain();
  }
}

Backend* open_backend(int device_index, std::string* reason) {
  // What was queued before a fork has ended in the child, where nothing would end it any more.
  // Registered here, since a library's loader cannot bear what this may throw.
  static const bool registered = (add_fork_handler({0, drain_all, nullptr, nullptr}), true);
  (void)registered;
  std::lock_guard lock(backends().mutex);
  CudaBackend*& backend = backends().by_index[device_index];
  if (backend) return backend;
  try {
    // What is read again where it is needed, when nobody could be told any more.
    environment_switch("LAZULITE_CUDA_GRAPHS", true);
    environment_switch("LAZULITE_CUDA_EARLY", true);
    environment_switch("LAZULITE_CUDA_TF32", false);
    prepare_ranges();
    kernel_cache();
    const DeviceInfo& device = open_device(device_index);
    if (!compiler_available(reason)) return nullptr;
    backend = new CudaBackend(device);
  } catch (const Error& error) {
    *reason = error.what();
  }
  return backend;
}

constexpr BackendEntry entry = {backend_interface_version, device_count, open_backend};

}  // namespace
}  // namespace lazulite::cuda

extern "C" __attribute__((visibility("default"))) const lazulite::BackendEntry*
lazulite_backend_entry() {
  return &lazulite::cuda::entry;
}
