#pragma once

#include <cstddef>

#include "lazulite/program/launch.h"

namespace lazulite::cuda {

/// Whether profilers are told what each kernel computes and which line of the user's program asked
/// for it, as ranges of NVTX: where LAZULITE_CUDA_NVTX is 1. Throws where that has no meaning.
bool ranges_enabled();
/// Has lines noted, from now on, if ranges are enabled. Throws a sentence where this build has
/// none.
void prepare_ranges();

/// What the calling thread puts into streams until the end of the scope computes this launch.
class LaunchRange {
 public:
  /// `index` is its place in the segment that is being handed over.
  LaunchRange(const Launch& launch, size_t index);
  ~LaunchRange();
  LaunchRange(const LaunchRange&) = delete;
  LaunchRange& operator=(const LaunchRange&) = delete;
};

}  // namespace lazulite::cuda
