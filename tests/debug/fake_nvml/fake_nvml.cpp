// A driver's management library that knows of one GPU, and does not say what power it takes.
#include <cstring>

#define FUNCTION extern "C" __attribute__((visibility("default"))) int

namespace {
int device;
struct Utilization {
  unsigned gpu, memory;
};
struct MemoryInfo {
  unsigned long long total, free, used;
};
constexpr int not_supported = 3;
}  // namespace

FUNCTION nvmlInit_v2() { return 0; }
FUNCTION nvmlShutdown() { return 0; }
FUNCTION nvmlDeviceGetCount_v2(unsigned* count) {
  *count = 1;
  return 0;
}
FUNCTION nvmlDeviceGetHandleByIndex_v2(unsigned, void** handle) {
  *handle = &device;
  return 0;
}
FUNCTION nvmlDeviceGetName(void*, char* name, unsigned length) {
  std::strncpy(name, "Test GPU", length);
  return 0;
}
FUNCTION nvmlDeviceGetUtilizationRates(void*, Utilization* used) {
  *used = {75, 10};
  return 0;
}
FUNCTION nvmlDeviceGetMemoryInfo(void*, MemoryInfo* info) {
  *info = {4096, 3072, 1024};
  return 0;
}
FUNCTION nvmlDeviceGetClockInfo(void*, int, unsigned* megahertz) {
  *megahertz = 1980;
  return 0;
}
FUNCTION nvmlDeviceGetPowerUsage(void*, unsigned*) { return not_supported; }
