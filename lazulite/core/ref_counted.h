#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace lazulite {

/// Base of objects that count their owners themselves.
class RefCounted {
 public:
  void retain() const { references_.fetch_add(1, std::memory_order_relaxed); }
  /// True when the caller gave up the last reference.
  bool release() const { return references_.fetch_sub(1, std::memory_order_acq_rel) == 1; }
  /// Takes a reference unless the last one is already gone.
  bool retain_if_alive() const {
    uint32_t count = references_.load(std::memory_order_relaxed);
    while (count != 0) {
      if (references_.compare_exchange_weak(count, count + 1, std::memory_order_acq_rel))
        return true;
    }
    return false;
  }
  uint32_t use_count() const { return references_.load(std::memory_order_acquire); }

 protected:
  RefCounted() = default;
  RefCounted(const RefCounted&) = delete;
  RefCounted& operator=(const RefCounted&) = delete;

 private:
  mutable std::atomic<uint32_t> references_{0};
};

/// Owning pointer to a RefCounted object that plain `delete` destroys.
template <class T>
class Ref {
 public:
  Ref() = default;
  explicit Ref(T* object) : object_(object) {
    if (object_) object_->retain();
  }
  Ref(const Ref& other) : Ref(other.object_) {}
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Ref() {
    if (object_ && object_->release()) delete object_;
  }

  T* get() const { return object_; }
  T* operator->() const { return object_; }
  T& operator*() const { return *object_; }
  explicit operator bool() const { return object_ != nullptr; }
  friend bool operator==(const Ref& a, const Ref& b) { return a.object_ == b.object_; }

 private:
  T* object_ = nullptr;
};

}  // namespace lazulite
