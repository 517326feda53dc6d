#include <dlfcn.h>
#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <new>

#include "faults.h"

#define LAZULITE_INTERPOSED __attribute__((section("lazulite_faults_text"), noinline))

namespace lazulite::faults {
namespace {
std::atomic<int64_t> blocks{0};
}
int64_t live_blocks() { return blocks; }
}  // namespace lazulite::faults

using lazulite::faults::blocks;
using lazulite::faults::Call;
using lazulite::faults::hit;

namespace {

LAZULITE_INTERPOSED void* take(size_t bytes, size_t alignment) {
  if (hit(Call::allocate)) return nullptr;
  void* block =
      alignment <= alignof(std::max_align_t)
          ? std::malloc(bytes ? bytes : 1)
          : std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (block) ++blocks;
  return block;
}

LAZULITE_INTERPOSED void* take_or_throw(size_t bytes, size_t alignment) {
  void* block = take(bytes, alignment);
  if (!block) throw std::bad_alloc();
  return block;
}

void give_back(void* block) {
  if (!block) return;
  --blocks;
  std::free(block);
}

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

// The allocator tries again after it has emptied its cache: that one fails as well.
thread_local size_t failed_before = 0;

}  // namespace

LAZULITE_INTERPOSED void* operator new(size_t bytes) { return take_or_throw(bytes, 1); }
LAZULITE_INTERPOSED void* operator new[](size_t bytes) { return take_or_throw(bytes, 1); }
LAZULITE_INTERPOSED void* operator new(size_t bytes, const std::nothrow_t&) noexcept {
  return take(bytes, 1);
}
LAZULITE_INTERPOSED void* operator new[](size_t bytes, const std::nothrow_t&) noexcept {
  return take(bytes, 1);
}
LAZULITE_INTERPOSED void* operator new(size_t bytes, std::align_val_t alignment) {
  return take_or_throw(bytes, static_cast<size_t>(alignment));
}
LAZULITE_INTERPOSED void* operator new[](size_t bytes, std::align_val_t alignment) {
  return take_or_throw(bytes, static_cast<size_t>(alignment));
}
LAZULITE_INTERPOSED void* operator new(size_t bytes, std::align_val_t alignment,
                                       const std::nothrow_t&) noexcept {
  return take(bytes, static_cast<size_t>(alignment));
}
LAZULITE_INTERPOSED void* operator new[](size_t bytes, std::align_val_t alignment,
                                         const std::nothrow_t&) noexcept {
  return take(bytes, static_cast<size_t>(alignment));
}
void operator delete(void* block) noexcept { give_back(block); }
void operator delete[](void* block) noexcept { give_back(block); }
void operator delete(void* block, size_t) noexcept { give_back(block); }
void operator delete[](void* block, size_t) noexcept { give_back(block); }
void operator delete(void* block, std::align_val_t) noexcept { give_back(block); }
void operator delete[](void* block, std::align_val_t) noexcept { give_back(block); }
void operator delete(void* block, size_t, std::align_val_t) noexcept { give_back(block); }
void operator delete[](void* block, size_t, std::align_val_t) noexcept { give_back(block); }
void operator delete(void* block, const std::nothrow_t&) noexcept { give_back(block); }
void operator delete[](void* block, const std::nothrow_t&) noexcept { give_back(block); }

extern "C" {

LAZULITE_INTERPOSED int posix_memalign(void** out, size_t alignment, size_t bytes) {
  if (failed_before == bytes && bytes != 0) {
    failed_before = 0;
    return ENOMEM;
  }
  failed_before = 0;
  if (hit(Call::memory)) {
    failed_before = bytes;
    return ENOMEM;
  }
  static auto* real = next<int(void**, size_t, size_t)>("posix_memalign");
  return real(out, alignment, bytes);
}

LAZULITE_INTERPOSED int pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                                       void* (*start)(void*), void* argument) {
  if (hit(Call::thread)) return EAGAIN;
  static auto* real =
      next<int(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*)>("pthread_create");
  return real(thread, attributes, start, argument);
}
}
