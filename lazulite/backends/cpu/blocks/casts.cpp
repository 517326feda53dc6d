#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lazulite/backends/cpu/blocks/casts.cpp"
#include "lazulite/backends/cpu/simd.h"

// After simd.h, which limits the targets; it includes this file for each of them.
#include <hwy/foreach_target.h>

#include <array>

#include "lazulite/backends/cpu/blocks/block_functions.h"
#include "lazulite/backends/cpu/blocks/sources-inl.h"
#include "lazulite/core/convert.h"

HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu::HWY_NAMESPACE {

template <class From, class To>
void cast(void* out, const void* a, const void*, const void*, int64_t n) {
  const auto* const from = static_cast<const From*>(a);
  auto* const to = static_cast<To*>(out);
  LAZULITE_INDEPENDENT_LOOP
  for (int64_t i = 0; i < n; ++i) to[i] = convert_number<To>(from[i]);
}

// To float32 that is going to be rounded to half precision.
template <class From>
void cast_to_odd(void* out, const void* a, const void*, const void*, int64_t n) {
  const auto* const from = static_cast<const From*>(a);
  auto* const to = static_cast<float*>(out);
  LAZULITE_INDEPENDENT_LOOP
  for (int64_t i = 0; i < n; ++i) to[i] = round_to_odd(from[i]);
}

template <class From, class To>
constexpr BlockFunction cast_of() {
  if constexpr (std::is_same_v<From, float16> || std::is_same_v<From, bfloat16> ||
                std::is_same_v<To, float16> || std::is_same_v<To, bfloat16> ||
                std::is_same_v<From, To>) {
    return nullptr;
  } else {
    return cast<From, To>;
  }
}

BlockFunction cast_table(Dtype from, Dtype to) {
  return visit_dtype(from, [&](auto from_tag) {
    using From = typename decltype(from_tag)::type;
    static constexpr BlockFunction table[] = {
#define LAZULITE_DTYPE(type, name) cast_of<From, type>(),
        LAZULITE_FOR_EACH_DTYPE(LAZULITE_DTYPE)
#undef LAZULITE_DTYPE
    };
    return table[static_cast<size_t>(to)];
  });
}

BlockFunction odd_cast(Dtype from) {
  switch (from) {
    case Dtype::int32: return cast_to_odd<int32_t>;
    case Dtype::uint32: return cast_to_odd<uint32_t>;
    case Dtype::int64: return cast_to_odd<int64_t>;
    case Dtype::uint64: return cast_to_odd<uint64_t>;
    case Dtype::float64: return cast_to_odd<double>;
    default: return nullptr;  // float32 holds their numbers
  }
}

}  // namespace lazulite::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lazulite::cpu {
HWY_EXPORT(cast_table);
BlockFunction cast_function(Dtype from, Dtype to) {
  if (from == to) return copy_function(size_of(from));
  return HWY_DYNAMIC_DISPATCH(cast_table)(from, to);
}
HWY_EXPORT(odd_cast);
BlockFunction half_cast_function(Dtype from) {
  BlockFunction function = HWY_DYNAMIC_DISPATCH(odd_cast)(from);
  return function ? function : cast_function(from, Dtype::float32);
}
}  // namespace lazulite::cpu
#endif
