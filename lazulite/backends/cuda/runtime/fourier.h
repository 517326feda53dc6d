#pragma once

#include "lazulite/backends/cuda/runtime/driver.h"
#include "lazulite/backends/cuda/runtime/library_call.h"

namespace lazulite::cuda {

/// Whether cuFFT is there, and its header was when this was built.
bool fourier_library_available();
/// A transform by it, in single precision.
LibraryCallPtr fourier_call(const DeviceInfo& device, const LibraryTransform& transform);

}  // namespace lazulite::cuda
