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

bool operator==(const Scalar& a, const Scalar& b) {
  if (a.value_.index() != b.value_.index()) return false;
  auto bits = [](const Scalar& s) {
    auto value = s.as<complex64>();
    if (const double* real = std::get_if<double>(&s.value_)) return std::bit_cast<uint64_t>(*real);
    if (const int64_t* whole = std::get_if<int64_t>(&s.value_))
      return static_cast<uint64_t>(*whole);
    uint64_t out = 0;
    std::memcpy(&out, &value, sizeof(value));
    return out;
  };
  return bits(a) == bits(b);
}

}  // namespace lazulite
