#pragma once

// Which instruction sets the kernels are compiled for. Include this before any header of Highway:
// each set costs its share of the compile time, and these are the ones that differ in speed. The
// choice among them is made at run time.
#if defined(__x86_64__)
#define HWY_BASELINE_TARGETS HWY_SSE4
#define HWY_DISABLED_TARGETS (~(HWY_SSE4 | HWY_AVX2 | HWY_AVX3))
#else
// Scalable vectors cannot be members of arrays, which the kernels need.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#endif

// Marks a lambda that is to be a part of the function it stands in: one that is called with vectors
// would otherwise hand them over in memory.
#define LAZULITE_INLINE_LAMBDA HWY_ATTR __attribute__((always_inline))
