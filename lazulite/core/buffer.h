#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include "lazulite/core/memory.h"
#include "lazulite/core/ref_counted.h"

namespace lazulite {

/// A block of bytes that may live in several memory spaces at once, copied on demand. Its content
/// never changes once the launch that fills it has ended, so all valid copies are equal.
class Buffer : public RefCounted {
 public:
  using Deleter = std::function<void(void*)>;

  /// Memory is taken at the first `writable`.
  explicit Buffer(size_t bytes);
  /// Adopts host memory that somebody else allocated; `deleter` runs when the last user is gone.
  Buffer(void* data, size_t bytes, Deleter deleter);
  ~Buffer();

  size_t bytes() const { return bytes_; }
  /// Memory of `space` for a launch to fill; every other copy becomes invalid.
  void* writable(MemorySpace& space);
  /// The content in `space`, copied there if it is elsewhere.
  void* readable(MemorySpace& space);

  /// A number that no other content of any buffer has.
  uint64_t content() const { return content_; }

  /// Somebody outside holds a pointer into it: never donated or reused.
  void mark_exported() { exported_ = true; }
  bool exported() const { return exported_; }

 private:
  struct Slot {
    MemorySpace* space;
    void* pointer;
    bool valid;
  };
  Slot& slot(MemorySpace& space);

  size_t bytes_;
  std::mutex mutex_;
  std::vector<Slot> slots_;
  Deleter deleter_;
  std::atomic<bool> exported_{false};
  std::atomic<uint64_t> content_;
};

using BufferPtr = Ref<Buffer>;

}  // namespace lazulite
