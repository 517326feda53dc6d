#pragma once

#include "lazulite/backends/cuda/runtime/driver.h"
#include "lazulite/backends/cuda/runtime/library_call.h"

namespace lazulite::cuda {

/// Whether cuSOLVER and cuBLAS are there, and their headers were when this was built.
bool solver_library_available();
/// A step of a decomposition by them, in the precision of its numbers.
LibraryCallPtr solver_call(const DeviceInfo& device, const LibraryDecomposition& work);

}  // namespace lazulite::cuda
