#pragma once

#include <cstddef>
#include <cstdint>

namespace lazulite {

class DeviceSharing;

/// One kind of memory and how bytes get in and out of it. Backends with memory of their own
/// implement it; the host's is `host_memory()`.
class MemorySpace {
 public:
  virtual ~MemorySpace() = default;
  virtual const char* name() const = 0;
  /// At least 64-byte aligned; throws OutOfMemory.
  virtual void* allocate(size_t bytes) = 0;
  virtual void release(void* pointer, size_t bytes) = 0;
  virtual void copy_from_host(void* destination, const void* source, size_t bytes) = 0;
  virtual void copy_to_host(void* destination, const void* source, size_t bytes) = 0;
  /// How other libraries use a device's memory where it lies (core/device_sharing.h); null where
  /// they cannot, and for the host's.
  virtual DeviceSharing* sharing() { return nullptr; }
};

/// Counters of the host's caching allocator, in bytes and calls since the start.
struct MemoryStatistics {
  size_t active_bytes = 0;
  size_t peak_bytes = 0;
  size_t cached_bytes = 0;
  uint64_t requests = 0;
  uint64_t system_allocations = 0;  ///< requests that the cache could not serve
};

MemorySpace& host_memory();
MemoryStatistics memory_statistics();
void reset_peak_memory();

/// Most bytes that may be live and cached together. The cache gives way to requests; a request that
/// does not fit beside what is live throws OutOfMemory, as all do while more is live than a limit
/// that was set later. The default is 95% of what the machine or the control group allows.
void set_memory_limit(size_t bytes);
size_t memory_limit();
/// Most bytes that freed buffers may keep for reuse; returns the previous limit.
size_t set_cache_limit(size_t bytes);
/// Gives all cached bytes back to the system.
void clear_cache();

}  // namespace lazulite
