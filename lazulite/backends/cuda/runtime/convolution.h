#pragma once

#include "lazulite/backends/cuda/runtime/driver.h"
#include "lazulite/backends/cuda/runtime/library_call.h"

namespace lazulite::cuda {

/// How cuDNN does a convolution or one of its gradients: on tensor cores, half precision summed in
/// float32, factors of float32 rounded to TF32. Only ways are taken that give the same bits each
/// time and neither transform tiles nor sum in half precision. Null where cuDNN, or when this was
/// built its header, is missing, or where it has none.
LibraryCallPtr convolution_call(const DeviceInfo& device, const LibraryConvolution& convolution);

}  // namespace lazulite::cuda
