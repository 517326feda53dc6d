#include "lazulite/core/memory.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <new>

#include "lazulite/core/errors.h"
#include "lazulite/core/fork.h"

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

// Freed blocks are kept by size: multiples of 64 up to 512, then eight sizes for each power of two,
// which waste at most an eighth and make freed blocks fit again.
struct SizeClass {
  size_t index;
  size_t bytes;
};

constexpr size_t smallest_step = 512;
constexpr size_t steps = 8;
// Beyond this no machine has memory, and sums of sizes could overflow.
constexpr size_t largest_request = size_t{1} << 62;
constexpr size_t class_count = steps + steps * (std::bit_width(largest_request) - 9);

SizeClass size_class(size_t bytes) {
  size_t octave = 0, first = 0, step = alignment;
  if (bytes > smallest_step) {
    // (512, 1024] is octave 1, (1024, 2048] octave 2 and so on.
    octave = std::bit_width(bytes - 1) - std::bit_width(smallest_step - 1);
    first = smallest_step << (octave - 1);
    step = first / steps;
  }
  size_t number = std::max<size_t>((bytes - first + step - 1) / step, 1);
  return {octave * steps + number - 1, first + number * step};
}

class CachingAllocator final : public MemorySpace {
 public:
  CachingAllocator()
      : memory_limit_(machine_memory() / 100 * 95), cache_limit_(machine_memory() / 8) {}

  const char* name() const override { return "host"; }

  void* allocate(size_t requested) override {
    std::lock_guard lock(mutex_);
    ++statistics_.requests;
    if (requested > largest_request) refuse(requested);
    auto [index, bytes] = size_class(requested);
    if (bytes > room()) refuse(requested);
    if (FreeBlock* block = free_[index]) {
      free_[index] = block->next;
      statistics_.cached_bytes -= bytes;
      add_active(bytes);
      return block;
    }
    trim(room() - bytes);
    void* pointer = from_system(bytes);
    if (!pointer) {
      trim(0);
      pointer = from_system(bytes);
    }
    if (!pointer) refuse(requested);
    ++statistics_.system_allocations;
    add_active(bytes);
    return pointer;
  }

  // Takes no memory itself: buffers are released where nothing may be thrown.
  void release(void* pointer, size_t requested) override {
    auto [index, bytes] = size_class(requested);
    std::lock_guard lock(mutex_);
    statistics_.active_bytes -= bytes;
    if (bytes > std::min(cache_limit_, room())) {
      std::free(pointer);
    } else {
      free_[index] = new (pointer) FreeBlock{free_[index]};
      statistics_.cached_bytes += bytes;
      if (statistics_.cached_bytes > cache_limit_) trim(cache_limit_ / 2);
    }
    trim(room());
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
    trim(room());
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
  void lock() { mutex_.lock(); }
  void unlock() { mutex_.unlock(); }

 private:
  struct FreeBlock {
    FreeBlock* next;
  };

  // What the limit leaves beside the live blocks, to new ones and to the cache.
  size_t room() const { return memory_limit_ - std::min(memory_limit_, statistics_.active_bytes); }

  [[noreturn]] void refuse(size_t requested) const {
    throw OutOfMemory(fmt::format(
        "out of memory on the host: {} bytes were requested while {} bytes are live and {} bytes "
        "are cached, and the limit is {} bytes",
        requested, statistics_.active_bytes, statistics_.cached_bytes, memory_limit_));
  }

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
    for (size_t index = class_count; index-- > 0 && statistics_.cached_bytes > target;) {
      while (free_[index] && statistics_.cached_bytes > target) {
        FreeBlock* block = free_[index];
        free_[index] = block->next;
        statistics_.cached_bytes -= class_bytes(index);
        std::free(block);
      }
    }
  }

  static size_t class_bytes(size_t index) {
    size_t octave = index / steps, number = index % steps + 1;
    if (octave == 0) return number * alignment;
    size_t first = smallest_step << (octave - 1);
    return first + number * (first / steps);
  }

  std::mutex mutex_;
  std::array<FreeBlock*, class_count> free_{};
  MemoryStatistics statistics_;
  size_t memory_limit_;
  size_t cache_limit_;
};

// Never destroyed: buffers with static lifetime are released after it would have been.
CachingAllocator& allocator() {
  static auto* instance = new CachingAllocator;
  return *instance;
}

// A fork waits until no thread is inside, so that its child finds whole lists and a free lock.
[[maybe_unused]] const bool held_in_forks = [] {
  add_fork_handler({9, [] { allocator().lock(); }, [] { allocator().unlock(); }, nullptr});
  return true;
}();

}  // namespace

MemorySpace& host_memory() { return allocator(); }
MemoryStatistics memory_statistics() { return allocator().statistics(); }
void reset_peak_memory() { allocator().reset_peak(); }
void set_memory_limit(size_t bytes) { allocator().set_memory_limit(bytes); }
size_t memory_limit() { return allocator().memory_limit(); }
size_t set_cache_limit(size_t bytes) { return allocator().set_cache_limit(bytes); }
void clear_cache() { allocator().clear(); }

}  // namespace lazulite
