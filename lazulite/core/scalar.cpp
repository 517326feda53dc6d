#include "lazulite/core/scalar.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "lazulite/core/errors.h"

namespace lazulite {

double printable(double value) { return std::isnan(value) ? std::fabs(value) : value; }

DtypeKind Scalar::kind() const {
  constexpr DtypeKind kinds[] = {DtypeKind::boolean, DtypeKind::signed_integer,
                                 DtypeKind::unsigned_integer, DtypeKind::floating,
                                 DtypeKind::complex};
  return kinds[value_.index()];
}

Dtype Scalar::dtype() const {
  switch (kind()) {
    case DtypeKind::boolean: return Dtype::bool_;
    case DtypeKind::unsigned_integer: return Dtype::uint64;
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
  bool whole = kind() == DtypeKind::signed_integer || kind() == DtypeKind::unsigned_integer;
  if (kind_of(dtype) >= (whole ? DtypeKind::unsigned_integer : kind())) return dtype;
  return whole ? Dtype::int32 : this->dtype();
}

void Scalar::expect_held_by(Dtype dtype, const char* operation) const {
  if (!is_integer(dtype)) return;
  visit_dtype(dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
      using Limits = std::numeric_limits<T>;
      bool held = std::visit(
          [](auto value) {
            using V = decltype(value);
            if constexpr (std::is_same_v<V, bool>) {
              return true;
            } else if constexpr (std::is_integral_v<V>) {
              return std::in_range<T>(value);
            } else {
              // The largest number itself may not be a double, the power of two beyond it is.
              double whole = std::trunc(convert_number<double>(value));
              return whole >= static_cast<double>(Limits::min()) &&
                     whole < std::ldexp(1.0, Limits::digits);
            }
          },
          value_);
      if (!held) {
        throw ValueError(fmt::format("{}: an array of {} cannot hold {}, only {} to {}", operation,
                                     name_of(dtype), to_string(), Limits::min(), Limits::max()));
      }
    }
  });
}

void Scalar::store(void* destination, Dtype dtype, const char* operation) const {
  expect_held_by(dtype, operation);
  visit_dtype(dtype, [&](auto tag) {
    auto value = as<typename decltype(tag)::type>();
    std::memcpy(destination, &value, sizeof(value));
  });
}

std::string Scalar::to_string() const {
  return std::visit(
      [](auto value) {
        if constexpr (std::is_same_v<decltype(value), std::complex<double>>) {
          return fmt::format("{}{:+}j", printable(value.real()), printable(value.imag()));
        } else if constexpr (std::is_same_v<decltype(value), double>) {
          return fmt::format("{}", printable(value));
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
