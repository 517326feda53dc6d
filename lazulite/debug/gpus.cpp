#include <dlfcn.h>

#include <array>

#include "lazulite/debug/machine.h"

// The few functions of NVML that are called, by their documented signatures: the library is opened
// where there is one, and nothing of it is needed to build.
namespace lazulite::debug {
namespace {

using Device = void*;
constexpr int success = 0;
constexpr int graphics_clock = 0;

struct Utilization {
  unsigned gpu, memory;
};
struct MemoryInfo {
  unsigned long long total, free, used;
};

using Init = int();
using Count = int(unsigned*);
using Handle = int(unsigned, Device*);
using Name = int(Device, char*, unsigned);
using GetUtilization = int(Device, Utilization*);
using GetMemory = int(Device, MemoryInfo*);
using GetClock = int(Device, int, unsigned*);
using GetPower = int(Device, unsigned*);

}  // namespace

template <class F>
F* Gpus::function(const char* name) const {
  return reinterpret_cast<F*>(dlsym(library_, name));
}

Gpus::Gpus(const std::string& library, std::vector<std::string>& missing)
    : library_(dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL)) {
  const std::string said = "GPUs are not told: ";
  if (!library_) {
    missing.push_back(said + "the library " + library + " of NVIDIA's driver can't be opened.");
    return;
  }
  auto* init = function<Init>("nvmlInit_v2");
  auto* count = function<Count>("nvmlDeviceGetCount_v2");
  auto* handle = function<Handle>("nvmlDeviceGetHandleByIndex_v2");
  unsigned devices = 0;
  if (!init || !count || !handle || init() != success || count(&devices) != success) {
    missing.push_back(said + library + " can't be used.");
    return;
  }
  for (unsigned i = 0; i < devices; ++i) {
    Device device = nullptr;
    if (handle(i, &device) == success) devices_.push_back(device);
  }
  if (devices_.empty()) missing.push_back(said + "the driver knows of none.");
}

Gpus::~Gpus() {
  if (!library_) return;
  if (auto* shutdown = function<Init>("nvmlShutdown")) shutdown();
  dlclose(library_);
}

void Gpus::read(MonitorSample& sample) const {
  if (devices_.empty()) return;
  auto* name = function<Name>("nvmlDeviceGetName");
  auto* utilization = function<GetUtilization>("nvmlDeviceGetUtilizationRates");
  auto* memory = function<GetMemory>("nvmlDeviceGetMemoryInfo");
  auto* clock = function<GetClock>("nvmlDeviceGetClockInfo");
  auto* power = function<GetPower>("nvmlDeviceGetPowerUsage");
  for (Device device : devices_) {
    GpuSample gpu;
    std::array<char, 96> text{};
    if (name && name(device, text.data(), text.size()) == success) gpu.name = text.data();
    Utilization used{};
    if (utilization && utilization(device, &used) == success) gpu.load = used.gpu * 0.01;
    MemoryInfo info{};
    if (memory && memory(device, &info) == success) {
      gpu.memory_used = static_cast<double>(info.used);
      gpu.memory_total = static_cast<double>(info.total);
    }
    unsigned value = 0;
    if (clock && clock(device, graphics_clock, &value) == success) gpu.megahertz = value;
    if (power && power(device, &value) == success) gpu.watts = value * 1e-3;
    sample.gpus.push_back(std::move(gpu));
  }
}

}  // namespace lazulite::debug
