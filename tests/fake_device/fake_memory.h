#pragma once

#include <cstdint>
#include <map>
#include <mutex>

#include "lazulite/core/device_sharing.h"
#include "lazulite/core/memory.h"

namespace lazulite::fake {

/// Memory whose addresses are no addresses of the host: whoever reads them directly crashes. What
/// is new or freed is filled with bytes that no result contains by chance. To other libraries it is
/// a GPU's, so that what is made for those can be tried with addresses that come back from them.
class FakeMemory final : public MemorySpace, public DeviceSharing {
 public:
  const char* name() const override { return "fake"; }
  void* allocate(size_t bytes) override;
  void release(void* pointer, size_t bytes) override;
  void copy_from_host(void* destination, const void* source, size_t bytes) override;
  void copy_to_host(void* destination, const void* source, size_t bytes) override;

  DeviceSharing* sharing() override { return this; }
  int32_t device_type() const override { return 2; }
  int32_t device_index() const override { return 0; }
  int32_t device_of(const void* pointer) const override;
  int64_t common_stream() const override { return 1; }
  /// Waits for the work.
  void lend(StreamNumber stream, const MarkPtr& work) override;
  void returned(StreamNumber) noexcept override {}
  void borrow(StreamNumber stream) override;

  /// The host's address of `bytes` at a fake one. Throws unless they lie in one live allocation.
  void* resolve(const void* pointer, size_t bytes);

  /// Every request goes to the system.
  MemoryStatistics statistics() const;

 private:
  mutable std::mutex mutex_;
  struct Block {
    void* host;  // held here, so that the leak sanitizer sees that what is kept is kept
    size_t bytes;
  };
  std::map<uintptr_t, Block> live_;  // by fake address
  MemoryStatistics statistics_;
};

FakeMemory& fake_memory();

}  // namespace lazulite::fake
