#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lazulite/backends/cpu/blocks/moves.cpp"
#include "lazulite/backends/cpu/simd.h"

// After simd.h, which limits the targets; it includes this file for each of them.
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>

#include <cstring>

#include "lazulite/backends/cpu/blocks/block_functions.h"
#include "lazulite/backends/cpu/blocks/sources-inl.h"

HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu::HWY_NAMESPACE {

template <class T>
void fill(void* out, const void* a, const void*, const void*, int64_t n) {
  auto* const to = static_cast<T*>(out);
  const T value = *static_cast<const T*>(a);
  for (int64_t i = 0; i < n; ++i) to[i] = value;
}

template <class T>
void copy(void* out, const void* a, const void*, const void*, int64_t n) {
  std::memmove(out, a, static_cast<size_t>(n) * sizeof(T));
}

template <class T>
void stream(void* out, const void* a, const void*, const void*, int64_t n) {
  constexpr hn::ScalableTag<T> tag;
  constexpr int64_t lanes = HWY_LANES(T);
  const auto* from = static_cast<const T*>(a);
  auto* to = static_cast<T*>(out);
  for (; n > 0 && reinterpret_cast<uintptr_t>(to) % (lanes * sizeof(T)) != 0; --n) *to++ = *from++;
  for (; n >= lanes; n -= lanes, from += lanes, to += lanes) {
    hn::Stream(hn::LoadU(tag, from), tag, to);
  }
  for (; n > 0; --n) *to++ = *from++;
}

#define LAZULITE_OF_SIZE(name)                   \
  BlockFunction name##_of(size_t element_size) { \
    switch (element_size) {                      \
      case 1: return name<uint8_t>;              \
      case 2: return name<uint16_t>;             \
      case 4: return name<uint32_t>;             \
      default: return name<uint64_t>;            \
    }                                            \
  }
LAZULITE_OF_SIZE(fill)
LAZULITE_OF_SIZE(copy)
LAZULITE_OF_SIZE(stream)
#undef LAZULITE_OF_SIZE

}  // namespace lazulite::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lazulite::cpu {
HWY_EXPORT(fill_of);
HWY_EXPORT(copy_of);
HWY_EXPORT(stream_of);
BlockFunction fill_function(size_t size) { return HWY_DYNAMIC_DISPATCH(fill_of)(size); }
BlockFunction copy_function(size_t size) { return HWY_DYNAMIC_DISPATCH(copy_of)(size); }
void finish_streaming() { hwy::FlushStream(); }
BlockFunction stream_function(size_t size) { return HWY_DYNAMIC_DISPATCH(stream_of)(size); }
}  // namespace lazulite::cpu
#endif
