#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lazulite/backends/cpu/blocks/rows_float32.cpp"
#include "lazulite/backends/cpu/simd.h"

// After simd.h, which limits the targets; it includes this file for each of them.
#include <hwy/foreach_target.h>

#include "lazulite/backends/cpu/blocks/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu::HWY_NAMESPACE {
LAZULITE_ROWS(float, float32)
}  // namespace lazulite::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lazulite::cpu {
LAZULITE_EXPORT_ROWS(float, float32)
}  // namespace lazulite::cpu
#endif
