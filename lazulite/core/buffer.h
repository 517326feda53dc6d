#pragma once

#include <cstddef>
#include <functional>
#include <mutex>

#include "lazulite/core/memory.h"
#include "lazulite/core/ref_counted.h"
#include "lazulite/core/small_vector.h"

namespace lazulite {

/// A block of bytes that may live in several memory spaces at once, copied on demand. Its content
/// never changes once the launch that fills it has ended, so all valid copies are equal.
class Buffer : public RefCounted {
 public:
  using Deleter = std::function<void(void*)>;

  /// Memory is taken at the first `writable`.
  explicit Buffer(size_t bytes);
  /// Adopts memory that somebody else allocated; `deleter` runs when the last user is gone, on any
  /// thread and with no lock held.
  Buffer(MemorySpace& space, void* data, size_t bytes, Deleter deleter);
  /// The host's.
  Buffer(void* data, size_t bytes, Deleter deleter)
      : Buffer(host_memory(), data, bytes, std::move(deleter)) {}
  /// A copy of a number, of `most_inside` bytes at the most, that needs no memory of its own:
  /// chains of operations with numbers make one each time.
  static Ref<Buffer> of_number(const void* data, size_t bytes);
  static constexpr size_t most_inside = 16;
  ~Buffer();

  size_t bytes() const { return bytes_; }
  /// Memory of `space` for a launch to fill; every other copy becomes invalid.
  void* writable(MemorySpace& space);
  /// The content in `space`, copied there if it is elsewhere.
  void* readable(MemorySpace& space);
  /// Where the content was written; what lies elsewhere are copies. Null before that.
  MemorySpace* home();

  /// A number that no other content of any buffer has; another each time while somebody outside may
  /// write there.
  uint64_t content() const;
  /// The number of the run that was given the memory last to write into; 0 as long as none was.
  uint64_t writer() const { return writer_.load(std::memory_order_acquire); }
  /// Gives the memory to a run; returns who had it before.
  uint64_t give_to(uint64_t run);
  /// The run has failed and written nothing: the memory is again what `before` has made of it.
  void take_back(uint64_t run, uint64_t before);

  /// Somebody outside holds a pointer into it, and may write there, until `end_export`.
  void begin_export() { exports_.fetch_add(1, std::memory_order_acq_rel); }
  void end_export();
  /// Whether somebody outside has a pointer into it, or it is a number inside: never donated or
  /// reused then.
  bool exported() const {
    return deleter_ || is_number_ || exports_.load(std::memory_order_acquire) > 0;
  }

  /// How many arrays show its content. References without ownership (of queued work, of spares)
  /// keep the memory, but not the content.
  uint32_t owners() const { return owners_.load(std::memory_order_acquire); }

  // Work that stands in a queue and uses the buffer. Queues are numbered from 1; 0 stands for work
  // that nothing else is ordered with.
  void enter(uint32_t queue);
  void leave() { uses_.fetch_sub(1, std::memory_order_acq_rel); }
  /// Whether all queued work that uses the buffer stands in `queue`, so that what follows there may
  /// overwrite it.
  bool used_only_by(uint32_t queue) const;

 private:
  friend class Storage;
  struct Slot {
    MemorySpace* space;
    void* pointer;
    bool valid;
  };
  Slot& slot(MemorySpace& space);
  void note_where();

  size_t bytes_;
  // Where the content lies while that is in the host's memory and the buffer has no other: asked
  // for without the lock.
  std::atomic<void*> only_host_{nullptr};
  std::mutex mutex_;
  SmallVector<Slot, 2> slots_;  // the first is the adopted one where there is a deleter
  MemorySpace* home_ = nullptr;
  Deleter deleter_;
  std::atomic<uint32_t> exports_{0};
  std::atomic<uint64_t> content_;
  std::atomic<uint64_t> writer_{0};
  // Of a run that wrote nothing and after which others were given the memory: it, and who had the
  // memory before.
  uint64_t idle_writer_ = 0, before_idle_ = 0;
  std::atomic<uint32_t> owners_{0};
  std::atomic<uint64_t> uses_{0};  // the queue's number, and below it how many uses stand there
  bool is_number_ = false;
  alignas(most_inside) std::byte inside_[most_inside];
};

using BufferPtr = Ref<Buffer>;

/// An array's share in a buffer: a reference that owns the content.
class Storage {
 public:
  Storage() = default;
  Storage(BufferPtr buffer) : buffer_(std::move(buffer)) { own(); }
  Storage(const Storage& other) : Storage(other.buffer_) {}
  Storage(Storage&& other) noexcept : buffer_(std::move(other.buffer_)) {}
  Storage& operator=(Storage other) noexcept {
    std::swap(buffer_, other.buffer_);
    return *this;
  }
  ~Storage() {
    if (buffer_) buffer_->owners_.fetch_sub(1, std::memory_order_acq_rel);
  }

  explicit operator bool() const { return static_cast<bool>(buffer_); }
  Buffer* operator->() const { return buffer_.get(); }
  const BufferPtr& buffer() const { return buffer_; }

 private:
  void own() {
    if (buffer_) buffer_->owners_.fetch_add(1, std::memory_order_relaxed);
  }
  BufferPtr buffer_;
};

}  // namespace lazulite
