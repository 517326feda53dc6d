#pragma once

#include <string>

#include "lazulite/backends/cuda/runtime/driver.h"

namespace lazulite::cuda {

/// The function `lazulite_kernel` of a text on a device, compiled and loaded at the first call with
/// that text, and kept. Profilers see it as lazulite_NAME.
CUfunction load_kernel(const DeviceInfo& device, const std::string& name,
                       const std::string& source);

/// Whether kernels in graphs are started before those that they depend on have ended. Each waits
/// for them by itself.
bool starts_early(const DeviceInfo& device);

}  // namespace lazulite::cuda
