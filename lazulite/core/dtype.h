#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>

#include "lazulite/core/half.h"

namespace lazulite {

using complex64 = std::complex<float>;

// One line a dtype: C++ type and name. Everything that depends on the list is generated from it.
#define LAZULITE_FOR_EACH_DTYPE(F)  \
  F(bool, bool_)                    \
  F(uint8_t, uint8)                 \
  F(uint16_t, uint16)               \
  F(uint32_t, uint32)               \
  F(uint64_t, uint64)               \
  F(int8_t, int8)                   \
  F(int16_t, int16)                 \
  F(int32_t, int32)                 \
  F(int64_t, int64)                 \
  F(::lazulite::float16, float16)   \
  F(::lazulite::bfloat16, bfloat16) \
  F(float, float32)                 \
  F(double, float64)                \
  F(::lazulite::complex64, complex64)

enum class Dtype : uint8_t {
#define LAZULITE_DTYPE(type, name) name,
  LAZULITE_FOR_EACH_DTYPE(LAZULITE_DTYPE)
#undef LAZULITE_DTYPE
};

enum class DtypeKind : uint8_t { boolean, unsigned_integer, signed_integer, floating, complex };

/// The name as MLX prints it, for instance "float32" or "bool".
const char* name_of(Dtype dtype);
/// Bytes of one element.
size_t size_of(Dtype dtype);
DtypeKind kind_of(Dtype dtype);

inline bool is_integer(Dtype dtype) {
  return kind_of(dtype) == DtypeKind::unsigned_integer ||
         kind_of(dtype) == DtypeKind::signed_integer;
}
inline bool is_floating(Dtype dtype) { return kind_of(dtype) == DtypeKind::floating; }
/// Floating or complex: the dtypes that derivatives flow through.
inline bool is_inexact(Dtype dtype) { return kind_of(dtype) >= DtypeKind::floating; }
/// float16 and bfloat16: computed in float32 and rounded after each operation.
inline bool is_half(Dtype dtype) { return dtype == Dtype::float16 || dtype == Dtype::bfloat16; }

/// The largest finite number of a floating dtype; of complex64, of its parts.
double largest_finite(Dtype dtype);

/// The dtype that an operation on both computes in (MLX's promotion).
Dtype result_type(Dtype a, Dtype b);

template <class T>
struct DtypeOf;
#define LAZULITE_DTYPE(type, name)              \
  template <>                                   \
  struct DtypeOf<type> {                        \
    static constexpr Dtype value = Dtype::name; \
  };
LAZULITE_FOR_EACH_DTYPE(LAZULITE_DTYPE)
#undef LAZULITE_DTYPE
template <class T>
constexpr Dtype dtype_of = DtypeOf<T>::value;

template <class T>
struct TypeTag {
  using type = T;
};

/// Calls f(TypeTag<T>) with the C++ type of `dtype`.
template <class F>
decltype(auto) visit_dtype(Dtype dtype, F&& f) {
  switch (dtype) {
#define LAZULITE_DTYPE(type, name) \
  case Dtype::name: return f(TypeTag<type>());
    LAZULITE_FOR_EACH_DTYPE(LAZULITE_DTYPE)
#undef LAZULITE_DTYPE
  }
  __builtin_unreachable();
}

}  // namespace lazulite
