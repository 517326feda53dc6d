#include "lazulite/lapack/call.h"

#include <sys/mman.h>

#include <cstddef>
#include <mutex>

#include "lazulite/core/errors.h"

namespace lazulite::lapack {
namespace {

constexpr size_t buffer_bytes = size_t{129} << 20;

std::mutex& calls_mutex() {
  static auto* mutex = new std::mutex;
  return *mutex;
}
int calls = 0;    // under way
int buffers = 0;  // that OpenBLAS has, or had the address space for

bool has_address_space() {
  void* there = ::mmap(nullptr, buffer_bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return there != MAP_FAILED && ::munmap(there, buffer_bytes) == 0;
}

// What is to be held during a call: nothing where OpenBLAS is known to be called safely.
std::unique_lock<std::mutex> alone() {
#ifdef LAZULITE_WRAPS_OPENBLAS
  return {};
#else
  static auto* mutex = new std::mutex;
  return std::unique_lock(*mutex);
#endif
}

}  // namespace

#ifdef LAZULITE_WRAPS_OPENBLAS
namespace {
std::mutex buffers_mutex;
}

// The linker puts these in the place of OpenBLAS's own, which are then called by the other names.
extern "C" {
void* __real_blas_memory_alloc(int);  // NOLINT(bugprone-reserved-identifier)
void __real_blas_memory_free(void*);  // NOLINT(bugprone-reserved-identifier)

void* __wrap_blas_memory_alloc(int unused) {  // NOLINT(bugprone-reserved-identifier)
  const std::lock_guard lock(buffers_mutex);
  return __real_blas_memory_alloc(unused);
}
void __wrap_blas_memory_free(void* buffer) {  // NOLINT(bugprone-reserved-identifier)
  const std::lock_guard lock(buffers_mutex);
  __real_blas_memory_free(buffer);
}
}
#endif

Call::Call() : alone_(alone()) {
  const std::lock_guard lock(calls_mutex());
  if (calls == buffers) {
    if (!has_address_space()) {
      throw OutOfMemory("linalg: there is no address space for the 128 MiB that LAPACK asks for");
    }
    ++buffers;
  }
  ++calls;
}

Call::~Call() {
  const std::lock_guard lock(calls_mutex());
  --calls;
}

}  // namespace lazulite::lapack
