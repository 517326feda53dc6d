#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lazulite/backends/cpu/blocks/rows_signed.cpp"
#include "lazulite/backends/cpu/simd.h"

// After simd.h, which limits the targets; it includes this file for each of them.
#include <hwy/foreach_target.h>

#include "lazulite/backends/cpu/blocks/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu::HWY_NAMESPACE {
LAZULITE_ROWS(bool, bool)
LAZULITE_ROWS(int8_t, int8)
LAZULITE_ROWS(int16_t, int16)
LAZULITE_ROWS(int32_t, int32)
LAZULITE_ROWS(int64_t, int64)
}  // namespace lazulite::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lazulite::cpu {
LAZULITE_EXPORT_ROWS(bool, bool)
LAZULITE_EXPORT_ROWS(int8_t, int8)
LAZULITE_EXPORT_ROWS(int16_t, int16)
LAZULITE_EXPORT_ROWS(int32_t, int32)
LAZULITE_EXPORT_ROWS(int64_t, int64)
}  // namespace lazulite::cpu
#endif
