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

DeviceMemory::~DeviceMemory() {
  if (copies_) driver().cuStreamDestroy(copies_);
  for (CUevent event : {last_copy_, met_}) {
    if (event) driver().cuEventDestroy(event);
  }
  for (const Staging& staging : staging_) {
    if (staging.copied) driver().cuEventDestroy(staging.copied);
    if (staging.host) driver().cuMemFreeHost(staging.host);
  }
}

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
  } else if (block <= SmallBlocks::most_bytes && (pointer = take_small(block))) {
    statistics_.cached_bytes -= block;
  } else {
    pointer = ask_driver(block);
    ++statistics_.system_allocations;
  }
  if (small_.holds(pointer)) small_.take(pointer);
  statistics_.active_bytes += block;
  statistics_.peak_bytes = std::max(statistics_.peak_bytes, statistics_.active_bytes);
  return reinterpret_cast<void*>(pointer);
}

// Out of a slab; 0 where there is no memory for one.
CUdeviceptr DeviceMemory::take_small(size_t block) {
  if (CUdeviceptr pointer = small_.carve(block)) return pointer;
  CUdeviceptr device = 0;
  try {
    device = ask_driver(SmallBlocks::slab_bytes);
  } catch (const OutOfMemory&) {
    return 0;
  }
  void* host = nullptr;
  if (driver().cuMemHostAlloc(&host, SmallBlocks::slab_bytes,
                              CU_MEMHOSTALLOC_PORTABLE | CU_MEMHOSTALLOC_DEVICEMAP) !=
      CUDA_SUCCESS) {
    driver().cuMemFree(device);
    return 0;
  }
  ++statistics_.system_allocations;
  statistics_.cached_bytes += SmallBlocks::slab_bytes;
  small_.add_slab(device, host);
  return small_.carve(block);
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
  const auto address = reinterpret_cast<CUdeviceptr>(pointer);
  if (small_copies_wait_.load(std::memory_order_acquire)) {
    std::lock_guard lock(copying_);
    small_copies_.forget(pointer);
  }
  std::lock_guard lock(mutex_);
  if (small_.holds(address)) small_.give(address);
  statistics_.active_bytes -= block;
  statistics_.cached_bytes += block;
  kept_[block].push_back(address);
}

void DeviceMemory::trim() {
  std::lock_guard lock(mutex_);
  trim_locked();
}

void DeviceMemory::trim_locked() {
  if (is_forked_child()) return;
  device_.make_current();
  // Small blocks go with their slabs, once none of a slab is in use.
  const std::vector<SmallBlocks::Slab> idle = small_.take_idle();
  for (auto& [size, blocks] : kept_) {
    std::erase_if(blocks, [&, bytes = size](CUdeviceptr block) {
      if (small_.holds(block)) return false;
      const bool in_slab = std::any_of(idle.begin(), idle.end(), [&](const auto& slab) {
        return block - slab.device < SmallBlocks::slab_bytes;
      });
      if (in_slab) return true;
      driver().cuMemFree(block);
      statistics_.cached_bytes -= bytes;
      return true;
    });
  }
  for (const SmallBlocks::Slab& slab : idle) {
    driver().cuMemFree(slab.device);
    driver().cuMemFreeHost(slab.host);
    statistics_.cached_bytes -= SmallBlocks::slab_bytes;
  }
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
  check(driver().cuEventCreate(&met_, CU_EVENT_DISABLE_TIMING), "making an event");
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

bool DeviceMemory::wait_with_next_run(void* destination, const void* source, size_t bytes) {
  if (bytes == 0 || bytes > SmallCopies::most_bytes || streams_ != 1) return false;
  small_copies_.add(destination, source, bytes);
  small_copies_wait_.store(true, std::memory_order_release);
  return true;
}

void DeviceMemory::copy_from_host(void* destination, const void* source, size_t bytes) {
  if (bytes == 0) return;
  const Written written{destination, 0, 0};
  note_written({&written, 1}, nullptr);
  std::lock_guard lock(copying_);
  open_copies();
  await_returned();
  if (wait_with_next_run(destination, source, bytes)) return;
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
  if (bytes == 0) return;
  if (bytes <= SmallBlocks::most_bytes) {
    std::unique_lock lock(mutex_);
    const void* twin = small_.copy_of(source, bytes);
    lock.unlock();
    // Nobody writes there as long as the block is what is read.
    if (twin) {
      std::memcpy(destination, twin, bytes);
      return;
    }
  }
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

void* DeviceMemory::twin_of(const void* pointer) const {
  std::lock_guard lock(mutex_);
  return small_.twin_of(pointer);
}

void DeviceMemory::note_written(std::span<const Written> written,
                                const std::shared_ptr<Wishes>& wishes) {
  if (written.empty()) return;
  std::lock_guard lock(mutex_);
  for (const Written& w : written) small_.note_written(w.pointer, w.copied, wishes, w.bit);
}

// With several streams, small copies would have to be ordered with runs in all of them.
void DeviceMemory::add_stream(CUstream stream) {
  std::lock_guard lock(copying_);
  if (++streams_ == 1) {
    only_stream_ = stream;
    return;
  }
  if (streams_ > 2) return;
  device_.make_current();
  launch_small_copies();
  check(driver().cuStreamSynchronize(only_stream_), "waiting for copies");
}

// Those that wait, before the next run; `copying_` is held.
void DeviceMemory::launch_small_copies() {
  if (!small_copies_wait_.load(std::memory_order_acquire)) return;
  check(driver().cuStreamWaitEvent(only_stream_, last_copy_, 0), "waiting for copies");
  small_copies_.launch(device_, only_stream_);
  small_copies_wait_.store(false, std::memory_order_release);
}

void DeviceMemory::await_copies(CUstream stream, uint64_t* seen) {
  if (returned_.load(std::memory_order_acquire) != awaited_.load(std::memory_order_acquire)) {
    std::lock_guard lock(copying_);
    open_copies();
    await_returned();
  }
  if (copy_count_.load(std::memory_order_acquire) != *seen) {
    std::lock_guard lock(copying_);
    *seen = copy_count_.load();
    check(driver().cuStreamWaitEvent(stream, last_copy_, 0), "waiting for copies");
  }
  if (small_copies_wait_.load(std::memory_order_acquire)) {
    std::lock_guard lock(copying_);
    small_copies_.launch(device_, stream);
    small_copies_wait_.store(false, std::memory_order_release);
  }
}

}  // namespace lazulite::cuda
