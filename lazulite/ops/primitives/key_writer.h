#pragma once

#include <array>
#include <bit>
#include <cstring>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "lazulite/core/scalar.h"
#include "lazulite/core/shape.h"

namespace lazulite {

/// Writes what tells two programs apart as bytes. Each field stands behind its length, so that
/// different sequences of fields never give the same bytes.
class KeyWriter {
 public:
  /// `expected` bytes are made room for at once.
  explicit KeyWriter(size_t expected = 0) : bytes_(expected, '\0') {}

  /// What has been written.
  std::string take() {
    bytes_.resize(used_);
    return std::move(bytes_);
  }

  /// The bare bytes, for what has one size wherever it may stand.
  template <class T>
  requires std::is_arithmetic_v<T> || std::is_enum_v<T>
  void raw(T value) { std::memcpy(room(sizeof(T)), &value, sizeof(T)); }

  template <class T>
  requires std::is_arithmetic_v<T> || std::is_enum_v<T>
  void field(T value) {
    constexpr uint32_t length = sizeof(T);
    char* at = room(sizeof(length) + length);
    std::memcpy(at, &length, sizeof(length));
    std::memcpy(at + sizeof(length), &value, length);
  }
  template <class T, size_t N>
  requires std::is_arithmetic_v<T>
  void field(const SmallVector<T, N>& values) { block(values.data(), values.size() * sizeof(T)); }
  void field(const std::string& text) { block(text.data(), text.size()); }
  /// Exact: the type of number and all its bits (NaN's payload, the sign of zero).
  void field(const Scalar& scalar) {
    Scalar::Bits bits = scalar.bits();
    field(bits.type);
    field(bits.real);
    field(bits.imaginary);
  }
  template <class... T>
  void field(const std::variant<T...>& value) {
    field(static_cast<uint8_t>(value.index()));
    std::visit([&](const auto& held) { field(held); }, value);
  }
  template <class T>
  void field(const std::vector<T>& values) {
    field(static_cast<uint32_t>(values.size()));
    for (const T& value : values) field(value);
  }

 private:
  void block(const void* data, size_t size) {
    raw(static_cast<uint32_t>(size));
    std::memcpy(room(size), data, size);
  }
  // A place for `size` more bytes.
  [[gnu::always_inline]] char* room(size_t size) {
    if (bytes_.size() - used_ < size) grow(size);
    char* at = bytes_.data() + used_;
    used_ += size;
    return at;
  }
  [[gnu::noinline]] void grow(size_t size) { bytes_.resize(2 * bytes_.size() + size); }

  std::string bytes_;
  size_t used_ = 0;
};

}  // namespace lazulite
