#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "lazulite/backends/cuda/runtime/driver.h"
#include "lazulite/backends/cuda/runtime/small_blocks.h"
#include "lazulite/backends/cuda/runtime/small_copies.h"
#include "lazulite/core/device_sharing.h"
#include "lazulite/core/memory.h"

namespace lazulite::cuda {

/// The device's memory, in blocks that are kept when they are released: asking the driver takes
/// longer than most kernels. A block is released by its last run's end, so whoever takes it next
/// may use it at once, in any stream. Other libraries use it where it lies (sharing.cpp).
class DeviceMemory final : public MemorySpace, public DeviceSharing {
 public:
  explicit DeviceMemory(const DeviceInfo& device);
  /// What was allocated has been released and trimmed before.
  ~DeviceMemory() override;

  const char* name() const override { return "cuda"; }
  void* allocate(size_t bytes) override;
  void release(void* pointer, size_t bytes) override;
  /// Returns when the source may change; queues wait for the copy (`await_copies`).
  void copy_from_host(void* destination, const void* source, size_t bytes) override;
  void copy_to_host(void* destination, const void* source, size_t bytes) override;

  DeviceSharing* sharing() override { return this; }
  int32_t device_type() const override;
  int32_t device_index() const override { return device_.index; }
  int32_t device_of(const void* pointer) const override;
  int64_t common_stream() const override;
  void lend(StreamNumber stream, const MarkPtr& work) override;
  void returned(StreamNumber stream) noexcept override;
  void borrow(StreamNumber stream) override;

  /// Says that runs are queued in `stream`, too.
  void add_stream(CUstream stream);
  /// Lets what is queued in `stream` from now on wait for all copies to the device so far, and for
  /// what other libraries have been lent and have borrowed. `seen` is the stream's own note of what
  /// it has waited for.
  void await_copies(CUstream stream, uint64_t* seen);

  /// The pinned memory that belongs to a small block; null for other pointers.
  void* twin_of(const void* pointer) const;
  /// What a run writes: small blocks, which it copies to their twins up to `copied` bytes.
  struct Written {
    const void* pointer;
    size_t copied;
    int bit;  ///< of the wishes
  };
  void note_written(std::span<const Written> written, const std::shared_ptr<Wishes>& wishes);

  MemoryStatistics statistics() const;
  /// Gives all blocks that are not in use back to the driver.
  void trim();
  /// Most bytes that may be in use and kept together.
  void set_limit(size_t bytes);

 private:
  struct Staging {
    void* host = nullptr;
    CUevent copied = nullptr;
  };
  CUdeviceptr ask_driver(size_t bytes);
  CUdeviceptr take_small(size_t block);
  bool wait_with_next_run(void* destination, const void* source, size_t bytes);
  void trim_locked();
  Staging& next_staging();
  void open_copies();
  void launch_small_copies();
  void come_behind(CUstream theirs);
  void await_returned();

  const DeviceInfo& device_;
  mutable std::mutex mutex_;
  std::map<size_t, std::vector<CUdeviceptr>> kept_;  // by size
  MemoryStatistics statistics_;
  size_t limit_ = SIZE_MAX;
  SmallBlocks small_;

  std::mutex copying_;
  CUstream copies_ = nullptr;
  Staging staging_[4];
  size_t next_ = 0;
  CUevent last_copy_ = nullptr, met_ = nullptr;  // met_: with other libraries' streams
  std::atomic<uint64_t> copy_count_{0};
  SmallCopies small_copies_;
  std::atomic<bool> small_copies_wait_{false};
  CUstream only_stream_ = nullptr;  // of runs
  int streams_ = 0;

  // How often something was returned by others, how often that was waited for, and whether some of
  // it stands in streams of theirs that may be gone.
  std::atomic<uint64_t> returned_{0}, awaited_{0};
  std::atomic<bool> anywhere_{false};
};

}  // namespace lazulite::cuda
