#include "lazulite/backends/cuda/runtime/memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "lazulite/core/errors.h"
#include "lazulite/core/fork.h"

namespace lazulite::cuda {
namespace {

constexpr size_t granularity = 512;
constexpr size_t staging_bytes = size_t{4} << 20;
constexpr size_t little_bytes = 16 << 10;

// Few enough classes that released blocks are found again, with at most an eighth of waste.
size_t block_bytes(size_t bytes) {
  if (bytes <= granularity) return granularity;
  const size_t step = std::max(granularity, std::bit_floor(bytes) / 8);
  return (bytes + step - 1) / step * step;
}

}  // namespace

DeviceMemory::DeviceMemory(const DeviceInfo& device) : device_(device) {}

void* DeviceMemory::allocate(size_t bytes) {
  refuse_forked_child();
  const size_t block = block_bytes(bytes);
  std::lock_guard lock(mutex_);
  ++statistics_.requests;
  CUdeviceptr pointer = 0;
  if (auto found = kept_.find(block); found != kept_.end() && !found->second.empty()) {
    pointer = found->second.back();
    found->second.pop_back();
    statistics_.cached_bytes -= block;
  } else {
    pointer = ask_driver(block);
    ++statistics_.system_allocations;
  }
  statistics_.active_bytes += block;
  statistics_.peak_bytes = std::max(statistics_.peak_bytes, statistics_.active_bytes);
  return reinterpret_cast<void*>(pointer);
}

CUdeviceptr DeviceMemory::ask_driver(size_t bytes) {
  device_.make_current();
  if (statistics_.active_bytes + statistics_.cached_bytes + bytes > limit_) trim_locked();
  const bool allowed = statistics_.active_bytes + bytes <= limit_;
  CUdeviceptr pointer = 0;
  CUresult result = allowed ? driver().cuMemAlloc(&pointer, bytes) : CUDA_ERROR_OUT_OF_MEMORY;
  if (result == CUDA_ERROR_OUT_OF_MEMORY && allowed) {
    trim_locked();
    result = driver().cuMemAlloc(&pointer, bytes);
  }
  if (result == CUDA_ERROR_OUT_OF_MEMORY) {
    size_t free = 0, total = 0;
    driver().cuMemGetInfo(&free, &total);
    throw OutOfMemory(
        fmt::format("cuda: {} bytes are not to be had: {} bytes are in use, {} are kept for reuse, "
                    "and the limit is {} ({} of {} bytes of {} are free)",
                    bytes, statistics_.active_bytes, statistics_.cached_bytes,
                    limit_ == SIZE_MAX ? total : limit_, free, total, device_.name));
  }
  check(result, "allocating memory");
  return pointer;
}

void DeviceMemory::release(void* pointer, size_t bytes) {
  const size_t block = block_bytes(bytes);
  std::lock_guard lock(mutex_);
  statistics_.active_bytes -= block;
  statistics_.cached_bytes += block;
  kept_[block].push_back(reinterpret_cast<CUdeviceptr>(pointer));
}

void DeviceMemory::trim() {
  std::lock_guard lock(mutex_);
  trim_locked();
}

void DeviceMemory::trim_locked() {
  if (is_forked_child()) return;
  device_.make_current();
  for (auto& [bytes, blocks] : kept_) {
    for (CUdeviceptr block : blocks) driver().cuMemFree(block);
  }
  kept_.clear();
  statistics_.cached_bytes = 0;
}

void DeviceMemory::set_limit(size_t bytes) {
  std::lock_guard lock(mutex_);
  limit_ = bytes;
}

MemoryStatistics DeviceMemory::statistics() const {
  std::lock_guard lock(mutex_);
  return statistics_;
}

void DeviceMemory::open_copies() {
  refuse_forked_child();
  device_.make_current();
  if (copies_) return;
  check(driver().cuEventCreate(&last_copy_, CU_EVENT_DISABLE_TIMING), "making an event");
  for (Staging& staging : staging_) {
    check(driver().cuMemHostAlloc(&staging.host, staging_bytes, CU_MEMHOSTALLOC_PORTABLE),
          "taking pinned memory for copies");
    check(driver().cuEventCreate(&staging.copied, CU_EVENT_DISABLE_TIMING), "making an event");
  }
  check(driver().cuStreamCreate(&copies_, CU_STREAM_NON_BLOCKING), "making a stream");
}

DeviceMemory::Staging& DeviceMemory::next_staging() {
  Staging& staging = staging_[next_++ % std::size(staging_)];
  check(driver().cuEventSynchronize(staging.copied), "waiting for a copy");
  return staging;
}

void DeviceMemory::copy_from_host(void* destination, const void* source, size_t bytes) {
  std::lock_guard lock(copying_);
  open_copies();
  // The driver takes over little by itself.
  const bool little = bytes <= little_bytes;
  if (little) {
    check(driver().cuMemcpyHtoDAsync(reinterpret_cast<CUdeviceptr>(destination), source, bytes,
                                     copies_),
          "copying to the device");
  }
  for (size_t done = 0; done < bytes && !little; done += staging_bytes) {
    const size_t part = std::min(staging_bytes, bytes - done);
    Staging& staging = next_staging();
    std::memcpy(staging.host, static_cast<const std::byte*>(source) + done, part);
    check(driver().cuMemcpyHtoDAsync(reinterpret_cast<CUdeviceptr>(destination) + done,
                                     staging.host, part, copies_),
          "copying to the device");
    check(driver().cuEventRecord(staging.copied, copies_), "recording an event");
  }
  check(driver().cuEventRecord(last_copy_, copies_), "recording an event");
  ++copy_count_;
}

void DeviceMemory::copy_to_host(void* destination, const void* source, size_t bytes) {
  std::lock_guard lock(copying_);
  open_copies();
  // One part is copied out of the staging memory while the next is on its way.
  struct Part {
    Staging* staging;
    size_t start, bytes;
  };
  Part before{nullptr, 0, 0};
  auto finish = [&](const Part& part) {
    if (!part.staging) return;
    check(driver().cuEventSynchronize(part.staging->copied), "copying to the host");
    std::memcpy(static_cast<std::byte*>(destination) + part.start, part.staging->host, part.bytes);
  };
  for (size_t done = 0; done < bytes; done += staging_bytes) {
    Part part{&next_staging(), done, std::min(staging_bytes, bytes - done)};
    check(
        driver().cuMemcpyDtoHAsync(part.staging->host, reinterpret_cast<CUdeviceptr>(source) + done,
                                   part.bytes, copies_),
        "copying to the host");
    check(driver().cuEventRecord(part.staging->copied, copies_), "recording an event");
    finish(before);
    before = part;
  }
  finish(before);
}

void DeviceMemory::await_copies(CUstream stream, uint64_t* seen) {
  const uint64_t count = copy_count_.load(std::memory_order_acquire);
  if (count == *seen) return;
  std::lock_guard lock(copying_);
  *seen = copy_count_.load();
  check(driver().cuStreamWaitEvent(stream, last_copy_, 0), "waiting for copies");
}

}  // namespace lazulite::cuda
