#include "lazulite/core/buffer.h"

#include <algorithm>
#include <cstring>

#include "lazulite/core/errors.h"
#include "lazulite/core/observer.h"

namespace lazulite {

namespace {

uint64_t next_content() {
  static std::atomic<uint64_t> counter{1};
  return counter.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

Buffer::Buffer(size_t bytes) : bytes_(bytes), content_(next_content()) {}

Buffer::Buffer(MemorySpace& space, void* data, size_t bytes, Deleter deleter)
    : bytes_(bytes), home_(&space), deleter_(std::move(deleter)), content_(next_content()) {
  slots_.push_back({&space, data, true});
  note_where();
}

Ref<Buffer> Buffer::of_number(const void* data, size_t bytes) {
  Ref<Buffer> buffer(new Buffer(bytes));
  buffer->is_number_ = true;
  std::memcpy(buffer->inside_, data, bytes);
  buffer->slots_.push_back({&host_memory(), buffer->inside_, true});
  buffer->home_ = &host_memory();
  buffer->note_where();
  return buffer;
}

Buffer::~Buffer() {
  for (Slot& slot : slots_) {
    if (slot.pointer == inside_) continue;
    if (deleter_ && &slot == &slots_[0]) {
      try {
        deleter_(slot.pointer);
      } catch (...) {
        // Nobody is there to be told: the last user of the memory is gone.
      }
    } else {
      slot.space->release(slot.pointer, bytes_);
    }
  }
}

uint64_t Buffer::content() const {
  return exports_.load(std::memory_order_acquire) > 0 ? next_content() : content_.load();
}

void Buffer::end_export() {
  content_.store(next_content());
  exports_.fetch_sub(1, std::memory_order_acq_rel);
}

uint64_t Buffer::give_to(uint64_t run) {
  std::lock_guard lock(mutex_);
  return writer_.exchange(run, std::memory_order_acq_rel);
}

// The runs that fail stand one behind the other, and the first may end when the next has already
// been given the memory.
void Buffer::take_back(uint64_t run, uint64_t before) {
  std::lock_guard lock(mutex_);
  if (before != 0 && before == idle_writer_) before = before_idle_;
  // Which tells who has the memory now where it is somebody else.
  uint64_t expected = run;
  if (writer_.compare_exchange_strong(expected, before)) return;
  idle_writer_ = run;
  before_idle_ = before;
}

void Buffer::enter(uint32_t queue) {
  uint64_t seen = uses_.load(std::memory_order_relaxed), next;
  do {
    auto count = static_cast<uint32_t>(seen);
    uint64_t where = count == 0 || seen >> 32 == queue ? queue : 0;
    next = where << 32 | (count + 1);
  } while (!uses_.compare_exchange_weak(seen, next, std::memory_order_acq_rel));
}

bool Buffer::used_only_by(uint32_t queue) const {
  uint64_t uses = uses_.load(std::memory_order_acquire);
  return static_cast<uint32_t>(uses) == 0 || (queue != 0 && uses >> 32 == queue);
}

Buffer::Slot& Buffer::slot(MemorySpace& space) {
  auto found = std::find_if(slots_.begin(), slots_.end(),
                            [&](const Slot& slot) { return slot.space == &space; });
  if (found != slots_.end()) return *found;
  slots_.reserve(slots_.size() + 1);
  void* pointer = space.allocate(bytes_);
  only_host_.store(nullptr, std::memory_order_release);
  return slots_.emplace_back(Slot{&space, pointer, false});
}

void Buffer::note_where() {
  const bool only = slots_.size() == 1 && slots_[0].valid && slots_[0].space == &host_memory();
  only_host_.store(only ? slots_[0].pointer : nullptr, std::memory_order_release);
}

void* Buffer::writable(MemorySpace& space) {
  if (void* pointer = only_host_.load(std::memory_order_acquire)) {
    if (&space == &host_memory()) {
      content_.store(next_content(), std::memory_order_release);
      return pointer;
    }
  }
  std::lock_guard lock(mutex_);
  Slot& target = slot(space);
  for (Slot& other : slots_) other.valid = false;
  target.valid = true;
  home_ = &space;
  content_.store(next_content(), std::memory_order_release);
  note_where();
  return target.pointer;
}

MemorySpace* Buffer::home() {
  std::lock_guard lock(mutex_);
  return home_;
}

void* Buffer::readable(MemorySpace& space) {
  if (void* pointer = only_host_.load(std::memory_order_acquire)) {
    if (&space == &host_memory()) return pointer;
  }
  std::lock_guard lock(mutex_);
  Slot* target = &slot(space);
  if (target->valid) return target->pointer;
  // Of nothing there may be a place of somebody else's that is none.
  if (bytes_ == 0) {
    target->valid = true;
    return target->pointer;
  }
  auto source = std::find_if(slots_.begin(), slots_.end(), [](const Slot& s) { return s.valid; });
  if (source == slots_.end()) throw Error("a buffer was read before anything was written to it");
  const CopyScope copying;
  if (source->space != &host_memory() && &space != &host_memory()) {
    // Two devices exchange bytes by way of the host.
    Slot from = *source;
    Slot& host = slot(host_memory());
    from.space->copy_to_host(host.pointer, from.pointer, bytes_);
    host.valid = true;
    target = &slot(space);
    space.copy_from_host(target->pointer, host.pointer, bytes_);
  } else if (&space == &host_memory()) {
    source->space->copy_to_host(target->pointer, source->pointer, bytes_);
  } else {
    space.copy_from_host(target->pointer, source->pointer, bytes_);
  }
  target->valid = true;
  return target->pointer;
}

}  // namespace lazulite
