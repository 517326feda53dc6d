#pragma once

#include <dlfcn.h>

#include <atomic>
#include <cstddef>
#include <string>

#include "environment.h"
#include "lazulite/backends/cuda/runtime/driver.h"
#include "lazulite/core/event.h"

// The GPU of a driver that only pretends to have one (driver/driver.cpp).
namespace lazulite::test {

inline constexpr size_t fake_bytes = size_t{64} << 20;

// The driver is opened once in a process, by whichever test is first.
inline const cuda::DeviceInfo& fake_device() {
  static const cuda::DeviceInfo& device = []() -> const cuda::DeviceInfo& {
    Variable path("LAZULITE_CUDA_PATH", LAZULITE_FAKE_CUDA_DRIVER);
    Variable bytes("LAZULITE_FAKE_CUDA_BYTES", std::to_string(fake_bytes));
    return cuda::open_device(0);
  }();
  return device;
}

/// A function of the driver's that only the pretended one has.
template <class Function>
Function* of_fake_driver(const char* name) {
  fake_device();
  static void* const library =
      dlopen((std::string(LAZULITE_FAKE_CUDA_DRIVER) + "/libcuda.so.1").c_str(), RTLD_NOW);
  return reinterpret_cast<Function*>(dlsym(library, name));
}

inline void await(Mark& mark) {
  std::atomic<bool> reached{false};
  mark.notify(
      [](void* flag) {
        auto* done = static_cast<std::atomic<bool>*>(flag);
        *done = true;
        done->notify_all();
      },
      &reached);
  reached.wait(false);
}

}  // namespace lazulite::test
