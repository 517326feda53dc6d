#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lazulite/backends/cpu/blocks/rows_complex64.cpp"
#include "lazulite/backends/cpu/simd.h"

// After simd.h, which limits the targets; it includes this file for each of them.
#include <hwy/foreach_target.h>

#include "lazulite/backends/cpu/blocks/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu::HWY_NAMESPACE {
LAZULITE_ROWS(complex64, complex64)
}  // namespace lazulite::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lazulite::cpu {
LAZULITE_EXPORT_ROWS(complex64, complex64)
}  // namespace lazulite::cpu
#endif
