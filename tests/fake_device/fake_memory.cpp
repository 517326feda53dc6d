#include "fake_memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "fake_queue.h"
#include "lazulite/core/errors.h"

namespace lazulite::fake {
namespace {

// Beyond all addresses that a process can have.
constexpr uintptr_t distance = uintptr_t{1} << 62;
// As floats this is NaN, as integers -1, as bool neither true nor false.
constexpr int poison = 0xff;

void expect_stream(DeviceSharing::StreamNumber stream) {
  if (stream && *stream == 0) throw ValueError("fake memory: 0 stands for no stream");
}

}  // namespace

void* FakeMemory::allocate(size_t bytes) {
  size_t rounded = (bytes + 63) / 64 * 64;
  void* pointer = std::aligned_alloc(64, rounded == 0 ? 64 : rounded);
  if (!pointer) throw OutOfMemory(fmt::format("fake memory: {} bytes are not to be had", bytes));
  std::memset(pointer, poison, bytes);
  uintptr_t fake = reinterpret_cast<uintptr_t>(pointer) + distance;
  std::lock_guard lock(mutex_);
  live_[fake] = {pointer, bytes};
  ++statistics_.requests;
  ++statistics_.system_allocations;
  statistics_.active_bytes += bytes;
  statistics_.peak_bytes = std::max(statistics_.peak_bytes, statistics_.active_bytes);
  return reinterpret_cast<void*>(fake);
}

void FakeMemory::release(void* pointer, size_t bytes) {
  void* host = resolve(pointer, bytes);
  std::memset(host, poison, bytes);
  {
    std::lock_guard lock(mutex_);
    live_.erase(reinterpret_cast<uintptr_t>(pointer));
    statistics_.active_bytes -= bytes;
  }
  std::free(host);
}

void FakeMemory::copy_from_host(void* destination, const void* source, size_t bytes) {
  std::memcpy(resolve(destination, bytes), source, bytes);
}

void FakeMemory::copy_to_host(void* destination, const void* source, size_t bytes) {
  std::memcpy(destination, resolve(source, bytes), bytes);
}

int32_t FakeMemory::device_of(const void* pointer) const {
  auto address = reinterpret_cast<uintptr_t>(pointer);
  std::lock_guard lock(mutex_);
  auto next = live_.upper_bound(address);
  if (next == live_.begin()) return -1;
  const auto& [start, block] = *std::prev(next);
  return address - start <= block.bytes ? 0 : -1;
}

void FakeMemory::lend(StreamNumber stream, const MarkPtr& work) {
  expect_stream(stream);
  if (work) await(*work);
}

void FakeMemory::borrow(StreamNumber stream) { expect_stream(stream); }

MemoryStatistics FakeMemory::statistics() const {
  std::lock_guard lock(mutex_);
  return statistics_;
}

void* FakeMemory::resolve(const void* pointer, size_t bytes) {
  auto address = reinterpret_cast<uintptr_t>(pointer);
  std::lock_guard lock(mutex_);
  auto next = live_.upper_bound(address);
  if (next != live_.begin()) {
    const auto& [start, block] = *std::prev(next);
    if (address - start + bytes <= block.bytes) {
      return static_cast<std::byte*>(block.host) + (address - start);
    }
  }
  throw Error(
      fmt::format("fake memory: {} bytes at {:#x} are not in a live allocation", bytes, address));
}

FakeMemory& fake_memory() {
  static auto* memory = new FakeMemory;
  return *memory;
}

}  // namespace lazulite::fake
