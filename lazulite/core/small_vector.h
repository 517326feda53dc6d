#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "lazulite/core/errors.h"

namespace lazulite {

/// A whole number of any type as T: sizes of containers and loop counters mix in braces without a
/// cast. Throws ValueError where T cannot hold it.
template <std::integral T>
class WholeNumber {
 public:
  template <std::integral V>
  requires(!std::same_as<V, bool>) constexpr WholeNumber(V value) : value_(static_cast<T>(value)) {
    // The promotion turns characters, which in_range does not take, into int.
    if (!std::in_range<T>(+value)) {
      throw ValueError(std::to_string(+value) +
                       " does not fit the numbers of a shape, an axis or an index");
    }
  }
  constexpr operator T() const { return value_; }

 private:
  T value_;
};

/// A vector that keeps up to N elements inside itself, so that shapes and edges need no heap.
template <class T, size_t N>
class SmallVector {
  template <class V>
  struct ItemOf {
    using type = V;
  };
  template <std::integral V>
  struct ItemOf<V> {
    using type = WholeNumber<V>;
  };

 public:
  using value_type = T;
  using iterator = T*;
  using const_iterator = const T*;

  SmallVector() = default;
  SmallVector(size_t count, const T& value) { resize(count, value); }
  explicit SmallVector(size_t count) requires(!std::integral<T>) { resize(count); }
  /// Of one number: zeros(3), sum(x, 1).
  template <std::integral V>
  requires(std::integral<T> && !std::same_as<V, bool>) SmallVector(V value) {
    push_back(WholeNumber<T>(value));
  }
  SmallVector(std::initializer_list<typename ItemOf<T>::type> values)
      : SmallVector(values.begin(), values.end()) {}
  template <class Iterator>
  requires(!std::is_integral_v<Iterator>) SmallVector(Iterator first, Iterator last) {
    const auto count = static_cast<size_t>(std::distance(first, last));
    reserve(count);
    std::uninitialized_copy(first, last, data_);
    size_ = count;
  }
  SmallVector(const SmallVector& other) {
    if (copies_as_block(other)) {
      copy_block(other);
    } else {
      reserve(other.size_);
      std::uninitialized_copy(other.begin(), other.end(), data_);
      size_ = other.size_;
    }
  }
  SmallVector(SmallVector&& other) noexcept { take(other); }
  SmallVector& operator=(const SmallVector& other) {
    if (this == &other) return *this;
    if (copies_as_block(other)) {
      copy_block(other);
    } else {
      SmallVector copy(other);
      clear_storage();
      take(copy);
    }
    return *this;
  }
  SmallVector& operator=(SmallVector&& other) noexcept {
    if (this != &other) {
      clear_storage();
      take(other);
    }
    return *this;
  }
  ~SmallVector() { clear_storage(); }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T* data() { return data_; }
  const T* data() const { return data_; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }
  T& front() { return data_[0]; }
  const T& front() const { return data_[0]; }
  T& back() { return data_[size_ - 1]; }
  const T& back() const { return data_[size_ - 1]; }

  void reserve(size_t count) {
    if (count <= capacity_) return;
    size_t capacity = std::max(count, 2 * capacity_);
    T* grown = static_cast<T*>(::operator new(capacity * sizeof(T), std::align_val_t(alignof(T))));
    std::uninitialized_move(begin(), end(), grown);
    std::destroy(begin(), end());
    release_heap();
    data_ = grown;
    capacity_ = capacity;
  }
  void push_back(T value) { emplace_back(std::move(value)); }
  template <class... Args>
  T& emplace_back(Args&&... args) {
    if (size_ == capacity_) reserve(size_ + 1);
    T* slot = new (data_ + size_) T(std::forward<Args>(args)...);
    ++size_;
    return *slot;
  }
  void pop_back() { std::destroy_at(data_ + --size_); }
  void resize(size_t count) {
    reserve(count);
    if (count > size_) std::uninitialized_value_construct(end(), data_ + count);
    truncate(count);
  }
  void resize(size_t count, const T& value) {
    reserve(count);
    if (count > size_) std::uninitialized_fill(end(), data_ + count, value);
    truncate(count);
  }
  void clear() {
    std::destroy(begin(), end());
    size_ = 0;
  }
  iterator insert(const_iterator at, T value) {
    size_t index = static_cast<size_t>(at - data_);
    push_back(std::move(value));
    std::rotate(begin() + index, end() - 1, end());
    return begin() + index;
  }
  iterator erase(const_iterator at) {
    iterator first = begin() + (at - data_);
    std::move(first + 1, end(), first);
    pop_back();
    return first;
  }

  friend bool operator==(const SmallVector& a, const SmallVector& b) {
    if (a.size_ != b.size_) return false;
    for (size_t i = 0; i < a.size_; ++i) {
      if (!(a.data_[i] == b.data_[i])) return false;
    }
    return true;
  }

 private:
  // Shapes and strides: their few elements are copied in one go, whether they are used or not.
  // Every vector has room for N.
  static constexpr size_t block_bytes = N * sizeof(T);
  static constexpr bool is_block = std::is_trivially_copyable_v<T> && block_bytes <= 64;
  static bool copies_as_block(const SmallVector& other) { return is_block && other.size_ <= N; }
  void copy_block(const SmallVector& other) {
    if constexpr (is_block) std::memcpy(data_, other.data_, block_bytes);
    size_ = other.size_;
  }
  // Says how many elements there are, of which those above `count` end.
  void truncate(size_t count) {
    if (count < size_) std::destroy(data_ + count, end());
    size_ = count;
  }
  T* inline_data() { return reinterpret_cast<T*>(inline_); }
  void release_heap() {
    if (data_ != inline_data()) ::operator delete(data_, std::align_val_t(alignof(T)));
  }
  void clear_storage() {
    std::destroy(begin(), end());
    release_heap();
    data_ = inline_data();
    capacity_ = N;
    size_ = 0;
  }
  // Expects this vector to be empty and inline.
  void take(SmallVector& other) noexcept {
    if (copies_as_block(other)) {
      copy_block(other);
      other.size_ = 0;
    } else if (other.data_ == other.inline_data()) {
      std::uninitialized_move(other.begin(), other.end(), data_);
      size_ = other.size_;
      other.clear();
    } else {
      data_ = std::exchange(other.data_, other.inline_data());
      capacity_ = std::exchange(other.capacity_, N);
      size_ = std::exchange(other.size_, 0);
    }
  }

  alignas(T) std::byte inline_[N * sizeof(T)];
  T* data_ = inline_data();
  size_t size_ = 0;
  size_t capacity_ = N;
};

}  // namespace lazulite
