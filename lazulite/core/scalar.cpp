#include "lazulite/core/scalar.h"

#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <limits>

namespace lazulite {

DtypeKind Scalar::kind() const {
  constexpr DtypeKind kinds[] = {DtypeKind::boolean, DtypeKind::signed_integer, DtypeKind::floating,
                                 DtypeKind::complex};
  return kinds[value_.index()];
}

Dtype Scalar::dtype() const {
  switch (kind()) {
    case DtypeKind::boolean: return Dtype::bool_;
    case DtypeKind::floating: return Dtype::float32;
    case DtypeKind::complex: return Dtype::complex64;
    default: break;
  }
  int64_t value = std::get<int64_t>(value_);
  bool small =
      value >= std::numeric_limits<int32_t>::min() && value <= std::numeric_limits<int32_t>::max();
  return small ? Dtype::int32 : Dtype::int64;
}

Dtype Scalar::dtype_beside(Dtype dtype) const {
  DtypeKind mine = kind() == DtypeKind::signed_integer ? DtypeKind::unsigned_integer : kind();
  return kind_of(dtype) >= mine ? dtype : this->dtype();
}

void Scalar::store(void* destination, Dtype dtype) const {
  visit_dtype(dtype, [&](auto tag) {
    auto value = as<typename decltype(tag)::type>();
    std::memcpy(destination, &value, sizeof(value));
  });
}

std::string Scalar::to_string() const {
  return std::visit(
      [](auto value) {
        if constexpr (std::is_same_v<decltype(value), std::complex<double>>) {
          return fmt::format("{}{:+}j", value.real(), value.imag());
        } else {
          return fmt::format("{}", value);
        }
      },
      value_);
}

Scalar::Bits Scalar::bits() const {
  auto type = static_cast<uint8_t>(value_.index());
  return std::visit(
      [&](auto value) -> Bits {
        if constexpr (std::is_same_v<decltype(value), std::complex<double>>) {
          return {type, std::bit_cast<uint64_t>(value.real()),
                  std::bit_cast<uint64_t>(value.imag())};
        } else if constexpr (std::is_same_v<decltype(value), double>) {
          return {type, std::bit_cast<uint64_t>(value), 0};
        } else {
          return {type, static_cast<uint64_t>(value), 0};
        }
      },
      value_);
}

bool operator==(const Scalar& a, const Scalar& b) { return a.bits() == b.bits(); }

}  // namespace lazulite
