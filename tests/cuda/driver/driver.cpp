// A driver for tests on machines without a GPU: one device, whose memory is the host's and whose
// kernels do nothing. Copies happen at once. LAZULITE_FAKE_CUDA_BYTES is how much memory it has.
// Functions that begin with fake_cuda tell what was asked for.
#include <cuda.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace {

struct Memory {
  std::mutex mutex;
  std::map<CUdeviceptr, size_t> blocks;
  size_t used = 0;
  const size_t total = [] {
    const char* bytes = std::getenv("LAZULITE_FAKE_CUDA_BYTES");
    return bytes ? std::strtoull(bytes, nullptr, 10) : size_t{1} << 32;
  }();
};
Memory& memory() {
  static auto* instance = new Memory;
  return *instance;
}

// Which streams were made to wait for which, where events were recorded in them.
struct Order {
  std::mutex mutex;
  std::map<CUevent, CUstream> recorded;
  std::vector<std::pair<CUstream, CUstream>> waits;
};
Order& order() {
  static auto* instance = new Order;
  return *instance;
}
std::atomic<int> synchronizations{0};
std::atomic<bool> held{false};

template <class T>
T handle() {
  return reinterpret_cast<T>(std::malloc(1));
}

}  // namespace

extern "C" {

CUresult cuInit(unsigned) { return memory().total > 0 ? CUDA_SUCCESS : CUDA_ERROR_NO_DEVICE; }
CUresult cuGetErrorName(CUresult, const char** text) { return *text = "FAKE", CUDA_SUCCESS; }
CUresult cuGetErrorString(CUresult, const char** text) {
  return *text = "the fake driver refuses", CUDA_SUCCESS;
}
CUresult cuDriverGetVersion(int* version) { return *version = 13000, CUDA_SUCCESS; }
CUresult cuDeviceGetCount(int* count) { return *count = 1, CUDA_SUCCESS; }
CUresult cuDeviceGet(CUdevice* device, int) { return *device = 0, CUDA_SUCCESS; }
CUresult cuDeviceGetName(char* name, int size, CUdevice) {
  std::strncpy(name, "Fake GPU", static_cast<size_t>(size));
  return CUDA_SUCCESS;
}
CUresult cuDeviceGetAttribute(int* value, CUdevice_attribute attribute, CUdevice) {
  *value = attribute == CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR   ? 9
           : attribute == CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR ? 0
                                                                       : 132;
  return CUDA_SUCCESS;
}
CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice) {
  return *context = handle<CUcontext>(), CUDA_SUCCESS;
}
CUresult cuCtxSetCurrent(CUcontext) { return CUDA_SUCCESS; }
CUresult cuCtxSynchronize() { return ++synchronizations, CUDA_SUCCESS; }

CUresult cuMemAlloc(CUdeviceptr* pointer, size_t bytes) {
  Memory& m = memory();
  std::lock_guard lock(m.mutex);
  if (m.used + bytes > m.total) return CUDA_ERROR_OUT_OF_MEMORY;
  void* block = std::aligned_alloc(512, (bytes + 511) / 512 * 512);
  if (!block) return CUDA_ERROR_OUT_OF_MEMORY;
  *pointer = reinterpret_cast<CUdeviceptr>(block);
  m.used += m.blocks[*pointer] = bytes;
  return CUDA_SUCCESS;
}
CUresult cuMemFree(CUdeviceptr pointer) {
  Memory& m = memory();
  std::lock_guard lock(m.mutex);
  auto found = m.blocks.find(pointer);
  if (found == m.blocks.end()) return CUDA_ERROR_INVALID_VALUE;
  m.used -= found->second;
  m.blocks.erase(found);
  std::free(reinterpret_cast<void*>(pointer));
  return CUDA_SUCCESS;
}
CUresult cuMemGetInfo(size_t* free, size_t* total) {
  Memory& m = memory();
  std::lock_guard lock(m.mutex);
  *free = m.total - m.used;
  *total = m.total;
  return CUDA_SUCCESS;
}
CUresult cuPointerGetAttribute(void* out, CUpointer_attribute attribute, CUdeviceptr pointer) {
  Memory& m = memory();
  std::lock_guard lock(m.mutex);
  auto next = m.blocks.upper_bound(pointer);
  if (next == m.blocks.begin() || pointer - std::prev(next)->first >= std::prev(next)->second) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  *static_cast<unsigned*>(out) =
      attribute == CU_POINTER_ATTRIBUTE_MEMORY_TYPE ? CU_MEMORYTYPE_DEVICE : 0;
  return CUDA_SUCCESS;
}
CUresult cuMemHostAlloc(void** pointer, size_t bytes, unsigned) {
  *pointer = std::aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
  return *pointer ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}
CUresult cuMemFreeHost(void* pointer) { return std::free(pointer), CUDA_SUCCESS; }
CUresult cuMemcpyHtoDAsync(CUdeviceptr to, const void* from, size_t bytes, CUstream) {
  std::memcpy(reinterpret_cast<void*>(to), from, bytes);
  return CUDA_SUCCESS;
}
CUresult cuMemcpyDtoHAsync(void* to, CUdeviceptr from, size_t bytes, CUstream) {
  std::memcpy(to, reinterpret_cast<const void*>(from), bytes);
  return CUDA_SUCCESS;
}
CUresult cuMemcpyDtoDAsync(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream) {
  std::memcpy(reinterpret_cast<void*>(to), reinterpret_cast<const void*>(from), bytes);
  return CUDA_SUCCESS;
}
CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t bytes, CUstream) {
  std::memset(reinterpret_cast<void*>(to), value, bytes);
  return CUDA_SUCCESS;
}

CUresult cuStreamCreate(CUstream* stream, unsigned) {
  return *stream = handle<CUstream>(), CUDA_SUCCESS;
}
CUresult cuStreamDestroy(CUstream stream) { return std::free(stream), CUDA_SUCCESS; }
CUresult cuStreamWaitEvent(CUstream stream, CUevent event, unsigned) {
  std::lock_guard lock(order().mutex);
  auto found = order().recorded.find(event);
  if (found != order().recorded.end()) order().waits.emplace_back(stream, found->second);
  return CUDA_SUCCESS;
}
CUresult cuStreamSynchronize(CUstream) { return CUDA_SUCCESS; }
CUresult cuStreamBeginCapture(CUstream, CUstreamCaptureMode) { return CUDA_SUCCESS; }
CUresult cuStreamEndCapture(CUstream, CUgraph* graph) {
  return *graph = handle<CUgraph>(), CUDA_SUCCESS;
}
CUresult cuEventCreate(CUevent* event, unsigned) {
  return *event = handle<CUevent>(), CUDA_SUCCESS;
}
CUresult cuEventDestroy(CUevent event) { return std::free(event), CUDA_SUCCESS; }
CUresult cuEventRecord(CUevent event, CUstream stream) {
  std::lock_guard lock(order().mutex);
  order().recorded[event] = stream;
  return CUDA_SUCCESS;
}
CUresult cuEventQuery(CUevent) { return held ? CUDA_ERROR_NOT_READY : CUDA_SUCCESS; }
CUresult cuEventSynchronize(CUevent) { return CUDA_SUCCESS; }

// Modules and their functions stay for the life of a process.
CUresult cuModuleLoadData(CUmodule* module, const void*) {
  static char only;
  return *module = reinterpret_cast<CUmodule>(&only), CUDA_SUCCESS;
}
CUresult cuFuncSetAttribute(CUfunction, CUfunction_attribute, int) { return CUDA_SUCCESS; }
CUresult cuModuleGetFunction(CUfunction* function, CUmodule, const char*) {
  static char only;
  return *function = reinterpret_cast<CUfunction>(&only), CUDA_SUCCESS;
}
CUresult cuLaunchKernel(CUfunction, unsigned x, unsigned y, unsigned z, unsigned block, unsigned,
                        unsigned, unsigned, CUstream, void**, void**) {
  const bool good = x > 0 && y > 0 && z > 0 && y < 65536 && z < 65536 && block > 0 && block <= 1024;
  return good ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}
CUresult cuGraphCreate(CUgraph* graph, unsigned) {
  return *graph = handle<CUgraph>(), CUDA_SUCCESS;
}
CUresult cuGraphAddKernelNode(CUgraphNode* node, CUgraph, const CUgraphNode*, size_t,
                              const CUDA_KERNEL_NODE_PARAMS*) {
  static char nodes;
  return *node = reinterpret_cast<CUgraphNode>(&nodes), CUDA_SUCCESS;
}
CUresult cuGraphAddChildGraphNode(CUgraphNode* node, CUgraph, const CUgraphNode*, size_t, CUgraph) {
  static char nodes;
  return *node = reinterpret_cast<CUgraphNode>(&nodes), CUDA_SUCCESS;
}
CUresult cuGraphInstantiate(CUgraphExec* made, CUgraph, unsigned long long) {
  return *made = handle<CUgraphExec>(), CUDA_SUCCESS;
}
CUresult cuGraphExecKernelNodeSetParams(CUgraphExec, CUgraphNode, const CUDA_KERNEL_NODE_PARAMS*) {
  return CUDA_SUCCESS;
}
CUresult cuGraphDestroy(CUgraph graph) { return std::free(graph), CUDA_SUCCESS; }
CUresult cuGraphExecDestroy(CUgraphExec graph) { return std::free(graph), CUDA_SUCCESS; }
CUresult cuGraphLaunch(CUgraphExec, CUstream) { return CUDA_SUCCESS; }

// How often `waiter` was made to wait for what stood in `other`; null stands for any stream.
int fake_cuda_waits(CUstream waiter, CUstream other) {
  std::lock_guard lock(order().mutex);
  return static_cast<int>(
      std::count_if(order().waits.begin(), order().waits.end(), [&](const auto& wait) {
        return (!waiter || wait.first == waiter) && (!other || wait.second == other);
      }));
}
int fake_cuda_synchronizations() { return synchronizations; }
// As long as it holds, no event has happened.
void fake_cuda_hold(bool hold) { held = hold; }

}  // extern "C"
