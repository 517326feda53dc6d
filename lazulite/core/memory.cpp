#include "lazulite/core/memory.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <fstream>
#include <map>
#include <mutex>
#include <vector>

#include "lazulite/core/errors.h"

namespace lazulite {
namespace {

constexpr size_t alignment = 64;
constexpr size_t huge_page = size_t{2} << 20;

size_t machine_memory() {
  size_t bytes =
      static_cast<size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<size_t>(sysconf(_SC_PAGE_SIZE));
  for (const char* path :
       {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    size_t limit = 0;
    if (std::ifstream(path) >> limit && limit > 0) bytes = std::min(bytes, limit);
  }
  return bytes;
}

// Eight sizes for each power of two waste at most an eighth and make freed blocks fit again.
size_t size_class(size_t bytes) {
  if (bytes <= 512) return std::max((bytes + alignment - 1) / alignment * alignment, alignment);
  size_t step = std::bit_floor(bytes) / 8;
  return (bytes + step - 1) / step * step;
}

class CachingAllocator final : public MemorySpace {
 public:
  CachingAllocator()
      : memory_limit_(machine_memory() / 100 * 95), cache_limit_(machine_memory() / 8) {}

  const char* name() const override { return "host"; }

  void* allocate(size_t requested) override {
    size_t bytes = size_class(requested);
    std::lock_guard lock(mutex_);
    ++statistics_.requests;
    auto found = free_.find(bytes);
    if (found != free_.end() && !found->second.empty()) {
      void* pointer = found->second.back();
      found->second.pop_back();
      statistics_.cached_bytes -= bytes;
      add_active(bytes);
      return pointer;
    }
    if (statistics_.active_bytes + statistics_.cached_bytes + bytes > memory_limit_) trim(0);
    void* pointer = nullptr;
    if (statistics_.active_bytes + bytes <= memory_limit_) {
      pointer = from_system(bytes);
      if (!pointer) {
        trim(0);
        pointer = from_system(bytes);
      }
    }
    if (!pointer) {
      throw OutOfMemory(fmt::format(
          "out of memory on the host: {} bytes were requested while {} bytes are live and {} bytes "
          "are cached, and the limit is {} bytes",
          requested, statistics_.active_bytes, statistics_.cached_bytes, memory_limit_));
    }
    ++statistics_.system_allocations;
    add_active(bytes);
    return pointer;
  }

  void release(void* pointer, size_t requested) override {
    size_t bytes = size_class(requested);
    std::lock_guard lock(mutex_);
    statistics_.active_bytes -= bytes;
    if (bytes > cache_limit_) {
      std::free(pointer);
      return;
    }
    free_[bytes].push_back(pointer);
    statistics_.cached_bytes += bytes;
    if (statistics_.cached_bytes > cache_limit_) trim(cache_limit_ / 2);
  }

  void copy_from_host(void* destination, const void* source, size_t bytes) override {
    std::copy_n(static_cast<const std::byte*>(source), bytes, static_cast<std::byte*>(destination));
  }
  void copy_to_host(void* destination, const void* source, size_t bytes) override {
    copy_from_host(destination, source, bytes);
  }

  MemoryStatistics statistics() {
    std::lock_guard lock(mutex_);
    return statistics_;
  }
  void reset_peak() {
    std::lock_guard lock(mutex_);
    statistics_.peak_bytes = statistics_.active_bytes;
  }
  void set_memory_limit(size_t bytes) {
    std::lock_guard lock(mutex_);
    memory_limit_ = bytes;
  }
  size_t memory_limit() {
    std::lock_guard lock(mutex_);
    return memory_limit_;
  }
  size_t set_cache_limit(size_t bytes) {
    std::lock_guard lock(mutex_);
    std::swap(cache_limit_, bytes);
    trim(cache_limit_);
    return bytes;
  }
  void clear() {
    std::lock_guard lock(mutex_);
    trim(0);
  }

 private:
  void* from_system(size_t bytes) {
    size_t align = bytes >= huge_page ? huge_page : alignment;
    void* pointer = nullptr;
    if (posix_memalign(&pointer, align, bytes) != 0) return nullptr;
#ifdef MADV_HUGEPAGE
    if (bytes >= huge_page) madvise(pointer, bytes, MADV_HUGEPAGE);
#endif
    return pointer;
  }

  void add_active(size_t bytes) {
    statistics_.active_bytes += bytes;
    statistics_.peak_bytes = std::max(statistics_.peak_bytes, statistics_.active_bytes);
  }

  // Frees the largest blocks first until at most `target` bytes are cached.
  void trim(size_t target) {
    for (auto entry = free_.rbegin(); entry != free_.rend(); ++entry) {
      while (!entry->second.empty() && statistics_.cached_bytes > target) {
        std::free(entry->second.back());
        entry->second.pop_back();
        statistics_.cached_bytes -= entry->first;
      }
    }
  }

  std::mutex mutex_;
  std::map<size_t, std::vector<void*>> free_;
  MemoryStatistics statistics_;
  size_t memory_limit_;
  size_t cache_limit_;
};

// Never destroyed: buffers with static lifetime are released after it would have been.
CachingAllocator& allocator() {
  static auto* instance = new CachingAllocator;
  return *instance;
}

}  // namespace

MemorySpace& host_memory() { return allocator(); }
MemoryStatistics memory_statistics() { return allocator().statistics(); }
void reset_peak_memory() { allocator().reset_peak(); }
void set_memory_limit(size_t bytes) { allocator().set_memory_limit(bytes); }
size_t memory_limit() { return allocator().memory_limit(); }
size_t set_cache_limit(size_t bytes) { return allocator().set_cache_limit(bytes); }
void clear_cache() { allocator().clear(); }

}  // namespace lazulite
