#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lazulite/backends/cpu/blocks/casts.cpp"
#include "lazulite/backends/cpu/simd.h"

// After simd.h, which limits the targets; it includes this file for each of them.
#include <hwy/foreach_target.h>

#include <array>

#include "lazulite/backends/cpu/blocks/block_functions.h"
#include "lazulite/backends/cpu/blocks/sources-inl.h"

HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu::HWY_NAMESPACE {

// Values that an integer cannot hold become what their conversion to a wider one leaves: C++ leaves
// them open, and the compiler's vectors would differ from its scalars.
template <class To, class From>
HWY_INLINE To truncate(From x) {
  if constexpr (std::is_same_v<To, uint64_t>) {
    constexpr From half_range = 0x1p63f;
    if (x < half_range) return static_cast<uint64_t>(static_cast<int64_t>(x));
    return static_cast<uint64_t>(static_cast<int64_t>(x - half_range)) ^ (uint64_t{1} << 63);
  } else if constexpr (std::is_same_v<To, uint32_t>) {
    return static_cast<uint32_t>(static_cast<int64_t>(x));
  } else if constexpr (sizeof(To) < 4) {
    return static_cast<To>(static_cast<int32_t>(x));
  } else {
    return static_cast<To>(x);
  }
}

template <class To, class From>
HWY_INLINE To convert(From x) {
  if constexpr (std::is_same_v<To, bool>) {
    return x != From(0);
  } else if constexpr (std::is_same_v<From, complex64>) {
    return convert<To>(x.real());
  } else if constexpr (std::is_same_v<To, complex64>) {
    return {static_cast<float>(x), 0};
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    return truncate<To>(x);
  } else {
    return static_cast<To>(x);
  }
}

template <class From, class To>
void cast(void* out, const void* a, const void*, const void*, int64_t n) {
  const auto* const from = static_cast<const From*>(a);
  auto* const to = static_cast<To*>(out);
  LAZULITE_INDEPENDENT_LOOP
  for (int64_t i = 0; i < n; ++i) to[i] = convert<To>(from[i]);
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

}  // namespace lazulite::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lazulite::cpu {
HWY_EXPORT(cast_table);
BlockFunction cast_function(Dtype from, Dtype to) {
  if (from == to) return copy_function(size_of(from));
  return HWY_DYNAMIC_DISPATCH(cast_table)(from, to);
}
}  // namespace lazulite::cpu
#endif
