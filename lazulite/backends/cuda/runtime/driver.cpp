#include "lazulite/backends/cuda/runtime/driver.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <map>
#include <mutex>

#include "lazulite/backends/cuda/runtime/library.h"
#include "lazulite/core/errors.h"
#include "lazulite/core/fork.h"

namespace lazulite::cuda {
namespace {

constexpr int oldest_driver = 12000;
constexpr int oldest_architecture = 75;

#define LAZULITE_TEXT_(name) #name
#define LAZULITE_TEXT(name) LAZULITE_TEXT_(name)

struct Opened {
  Driver functions;
  std::string reason;  // why there is none
};

Opened open_driver() {
  Opened opened;
  static const LibraryNames names{
      "the NVIDIA driver", {"libcuda.so.1"}, "NVIDIA's driver for a GPU of this machine"};
  void* handle = open_library(names, &opened.reason);
  if (!handle) return opened;
#define LAZULITE_LOAD(name)                                                                        \
  opened.functions.name = reinterpret_cast<decltype(&::name)>(dlsym(handle, LAZULITE_TEXT(name))); \
  if (!opened.functions.name) {                                                                    \
    opened.reason = "the NVIDIA driver is too old: it has no " LAZULITE_TEXT(                      \
        name) "; install a driver for CUDA 12 or later";                                           \
    return opened;                                                                                 \
  }
  LAZULITE_CUDA_DRIVER(LAZULITE_LOAD)
#undef LAZULITE_LOAD
  opened.functions.add_edges = dlsym(handle, "cuGraphAddDependencies_v2");
  const Driver& d = opened.functions;
  if (CUresult result = d.cuInit(0); result != CUDA_SUCCESS) {
    const char* text = nullptr;
    d.cuGetErrorString(result, &text);
    opened.reason = fmt::format("the NVIDIA driver finds no GPU that can be used: {}",
                                text ? text : "unknown error");
    return opened;
  }
  int version = 0;
  d.cuDriverGetVersion(&version);
  if (version < oldest_driver) {
    opened.reason = fmt::format(
        "the NVIDIA driver is too old: it is for CUDA {}.{}, and 12.0 or "
        "later is needed",
        version / 1000, version % 1000 / 10);
  }
  return opened;
}

const Opened& opened_driver() {
  static const auto* opened = new Opened(open_driver());
  return *opened;
}

}  // namespace

const Driver& driver() {
  const Opened& opened = opened_driver();
  if (!opened.reason.empty()) throw Error(opened.reason);
  return opened.functions;
}

void check(CUresult result, const char* what) {
  if (result == CUDA_SUCCESS) return;
  const char* text = nullptr;
  driver().cuGetErrorString(result, &text);
  throw Error(fmt::format("cuda: {} failed: {}", what, text ? text : "unknown error"));
}

void refuse_forked_child() {
  if (!is_forked_child()) return;
  throw Error(
      "cuda: this process was forked after CUDA was used, and CUDA does not work in the child: use "
      "the CPU there, or start processes afresh");
}

int device_count() {
  if (!opened_driver().reason.empty()) return 0;
  int count = 0;
  return driver().cuDeviceGetCount(&count) == CUDA_SUCCESS ? count : 0;
}

void DeviceInfo::make_current() const {
  check(driver().cuCtxSetCurrent(context), "choosing the device");
}

const DeviceInfo& open_device(int index) {
  static std::mutex mutex;
  static auto* devices = new std::map<int, DeviceInfo>;
  std::lock_guard lock(mutex);
  if (auto found = devices->find(index); found != devices->end()) return found->second;
  const Driver& d = driver();
  DeviceInfo info{};
  info.index = index;
  check(d.cuDeviceGet(&info.device, index), "opening the device");
  auto attribute = [&](CUdevice_attribute which) {
    int value = 0;
    check(d.cuDeviceGetAttribute(&value, which, info.device), "asking the device");
    return value;
  };
  char name[256] = {};
  check(d.cuDeviceGetName(name, sizeof(name) - 1, info.device), "asking the device's name");
  info.name = name;
  info.architecture = attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR) * 10 +
                      attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
  info.processors = attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
  if (info.architecture < oldest_architecture) {
    throw Error(fmt::format("the GPU {} has compute capability {}.{}, and 7.5 or later is needed",
                            info.name, info.architecture / 10, info.architecture % 10));
  }
  check(d.cuDevicePrimaryCtxRetain(&info.context, info.device), "opening the device's context");
  return devices->emplace(index, std::move(info)).first->second;
}

}  // namespace lazulite::cuda
