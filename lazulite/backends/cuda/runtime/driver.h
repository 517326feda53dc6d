#pragma once

#include <cuda.h>

#include <atomic>
#include <memory>
#include <string>

namespace lazulite::cuda {

// The functions of the driver that are used. Headers call them by macros that append the version of
// the interface, and so do these names.
#define LAZULITE_CUDA_DRIVER(F)     \
  F(cuInit)                         \
  F(cuGetErrorName)                 \
  F(cuGetErrorString)               \
  F(cuDriverGetVersion)             \
  F(cuDeviceGetCount)               \
  F(cuDeviceGet)                    \
  F(cuDeviceGetName)                \
  F(cuDeviceGetAttribute)           \
  F(cuDevicePrimaryCtxRetain)       \
  F(cuCtxSetCurrent)                \
  F(cuCtxSynchronize)               \
  F(cuMemAlloc)                     \
  F(cuMemFree)                      \
  F(cuMemGetInfo)                   \
  F(cuPointerGetAttribute)          \
  F(cuMemHostAlloc)                 \
  F(cuMemFreeHost)                  \
  F(cuMemcpyHtoDAsync)              \
  F(cuMemcpyDtoHAsync)              \
  F(cuMemcpyDtoDAsync)              \
  F(cuMemsetD8Async)                \
  F(cuStreamCreate)                 \
  F(cuStreamDestroy)                \
  F(cuStreamWaitEvent)              \
  F(cuStreamSynchronize)            \
  F(cuStreamBeginCapture)           \
  F(cuStreamEndCapture)             \
  F(cuEventCreate)                  \
  F(cuEventDestroy)                 \
  F(cuEventRecord)                  \
  F(cuEventQuery)                   \
  F(cuEventSynchronize)             \
  F(cuModuleLoadData)               \
  F(cuModuleGetFunction)            \
  F(cuFuncSetAttribute)             \
  F(cuLaunchKernel)                 \
  F(cuGraphCreate)                  \
  F(cuGraphAddKernelNode)           \
  F(cuGraphAddChildGraphNode)       \
  F(cuGraphInstantiate)             \
  F(cuGraphExecKernelNodeSetParams) \
  F(cuGraphDestroy)                 \
  F(cuGraphExecDestroy)             \
  F(cuGraphLaunch)

/// The driver's interface, out of libcuda.so.1.
struct Driver {
#define LAZULITE_MEMBER(name) decltype(&::name) name = nullptr;
  LAZULITE_CUDA_DRIVER(LAZULITE_MEMBER)
#undef LAZULITE_MEMBER
  /// cuGraphAddDependencies of CUDA 12.3 and later, which takes kinds of edges; null before.
  void* add_edges = nullptr;
};

/// Opens the driver at the first call. Throws one sentence where there is none, or it is too old.
const Driver& driver();

/// Throws, with `what` was to be done, unless all went well.
void check(CUresult result, const char* what);

/// A device of the machine that programs may use.
struct DeviceInfo {
  CUdevice device;
  CUcontext context;
  int index;
  std::string name;
  int architecture;  ///< 90 of compute capability 9.0
  int processors;
  /// Kernels, products of the library and graphs that were put into streams.
  std::shared_ptr<std::atomic<uint64_t>> submissions = std::make_shared<std::atomic<uint64_t>>(0);

  /// Makes the device's context that of the calling thread.
  void make_current() const;
};

/// Throws in a process that was forked after CUDA was used, where it does not work.
void refuse_forked_child();

/// The number of devices; 0 where there is no driver.
int device_count();
/// Throws a sentence where the device cannot be used.
const DeviceInfo& open_device(int index);

}  // namespace lazulite::cuda
