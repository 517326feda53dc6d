#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lazulite/backends/cpu/blocks/rows_unsigned.cpp"
#include "lazulite/backends/cpu/simd.h"

// After simd.h, which limits the targets; it includes this file for each of them.
#include <hwy/foreach_target.h>

#include "lazulite/backends/cpu/blocks/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu::HWY_NAMESPACE {
LAZULITE_ROWS(uint8_t, uint8)
LAZULITE_ROWS(uint16_t, uint16)
LAZULITE_ROWS(uint32_t, uint32)
LAZULITE_ROWS(uint64_t, uint64)
}  // namespace lazulite::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lazulite::cpu {
LAZULITE_EXPORT_ROWS(uint8_t, uint8)
LAZULITE_EXPORT_ROWS(uint16_t, uint16)
LAZULITE_EXPORT_ROWS(uint32_t, uint32)
LAZULITE_EXPORT_ROWS(uint64_t, uint64)
}  // namespace lazulite::cpu
#endif
