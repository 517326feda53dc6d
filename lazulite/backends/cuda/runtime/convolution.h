#pragma once

#include <cuda.h>

#include "lazulite/backends/cuda/kernels/recipe.h"
#include "lazulite/backends/cuda/runtime/driver.h"

namespace lazulite::cuda {

/// How cuDNN does a convolution or one of its gradients: on tensor cores, half precision summed in
/// float32, factors of float32 rounded to TF32. Only ways are taken that give the same bits each
/// time and neither transform tiles nor sum in half precision.
class ConvolutionPlan {
 public:
  virtual ~ConvolutionPlan() = default;
  virtual void launch(CUstream stream, void* x, void* w, void* y, void* workspace) const = 0;
  /// Bytes that `launch` needs, of its own while it runs.
  virtual size_t workspace_bytes() const = 0;
};

/// The plan of a convolution, shared by all that are alike. Null where cuDNN, or when this was
/// built its header, is missing, or where it has none.
ConvolutionPlanPtr convolution_plan(const DeviceInfo& device,
                                    const LibraryConvolution& convolution);

}  // namespace lazulite::cuda
