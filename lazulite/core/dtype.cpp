#include "lazulite/core/dtype.h"

#include <array>
#include <limits>
#include <string>

#include "lazulite/core/errors.h"

namespace lazulite {
namespace {

// A number may have been cast to the enumeration.
void expect_dtype(Dtype dtype) {
  if (dtype <= Dtype::complex64) return;
  throw ValueError("there is no dtype number " + std::to_string(static_cast<int>(dtype)));
}

}  // namespace

const char* name_of(Dtype dtype) {
  expect_dtype(dtype);
  if (dtype == Dtype::bool_) return "bool";
  constexpr std::array names = {
#define LAZULITE_DTYPE(type, name) #name,
      LAZULITE_FOR_EACH_DTYPE(LAZULITE_DTYPE)
#undef LAZULITE_DTYPE
  };
  return names[static_cast<size_t>(dtype)];
}

size_t size_of(Dtype dtype) {
  expect_dtype(dtype);
  return visit_dtype(dtype, [](auto tag) { return sizeof(typename decltype(tag)::type); });
}

DtypeKind kind_of(Dtype dtype) {
  expect_dtype(dtype);
  if (dtype == Dtype::bool_) return DtypeKind::boolean;
  if (dtype <= Dtype::uint64) return DtypeKind::unsigned_integer;
  if (dtype <= Dtype::int64) return DtypeKind::signed_integer;
  if (dtype <= Dtype::float64) return DtypeKind::floating;
  return DtypeKind::complex;
}

double largest_finite(Dtype dtype) {
  switch (dtype) {
    case Dtype::float16: return 65504;
    case Dtype::bfloat16: return 0x1.FEp127;
    case Dtype::float64: return std::numeric_limits<double>::max();
    default: return std::numeric_limits<float>::max();
  }
}

namespace {

Dtype signed_integer_of(size_t bytes) {
  switch (bytes) {
    case 1: return Dtype::int8;
    case 2: return Dtype::int16;
    case 4: return Dtype::int32;
    default: return Dtype::int64;
  }
}

}  // namespace

Dtype result_type(Dtype a, Dtype b) {
  if (a == b) return a;
  DtypeKind ka = kind_of(a), kb = kind_of(b);
  if (ka > kb) return result_type(b, a);
  if (kb == DtypeKind::complex) return b;
  if (kb == DtypeKind::floating) {
    if (ka != DtypeKind::floating) return b;
    if (size_of(a) == size_of(b)) return Dtype::float32;  // float16 with bfloat16
    return size_of(a) > size_of(b) ? a : b;
  }
  if (ka == DtypeKind::boolean) return b;
  if (ka == kb) return size_of(a) > size_of(b) ? a : b;
  // Unsigned with signed: the smallest signed type that holds both; there is none for uint64.
  if (size_of(b) > size_of(a)) return b;
  if (a == Dtype::uint64) return Dtype::float32;
  return signed_integer_of(2 * size_of(a));
}

}  // namespace lazulite
