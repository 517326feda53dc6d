#pragma once

#include "lazulite/program/fused_kernel.h"

namespace lazulite::cpu {

// About how long one element of the kernel takes on one thread, in nanoseconds, from its results
// and from memory in the caches.
double nanoseconds_per_element(const FusedKernel& kernel);

// The least number of elements that is worth a thread.
int64_t elements_per_thread(const FusedKernel& kernel);

// Whether results should bypass the caches: inputs and outputs together do not fit.
bool exceeds_caches(size_t bytes);

}  // namespace lazulite::cpu
