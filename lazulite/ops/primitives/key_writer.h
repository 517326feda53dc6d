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
  std::string bytes;

  /// The bare bytes, for what has one size wherever it may stand.
  template <class T>
  requires std::is_arithmetic_v<T> || std::is_enum_v<T>
  void raw(T value) { bytes.append(reinterpret_cast<const char*>(&value), sizeof(value)); }

  template <class T>
  requires std::is_arithmetic_v<T> || std::is_enum_v<T>
  void field(T value) {
    char both[sizeof(uint32_t) + sizeof(T)];
    uint32_t length = sizeof(T);
    std::memcpy(both, &length, sizeof(length));
    std::memcpy(both + sizeof(length), &value, sizeof(T));
    bytes.append(both, sizeof(both));
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
    bytes.append(static_cast<const char*>(data), size);
  }
};

}  // namespace lazulite
