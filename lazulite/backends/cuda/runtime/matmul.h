#pragma once

#include <cuda.h>

#include <memory>

#include "lazulite/backends/cuda/kernels/recipe.h"
#include "lazulite/backends/cuda/runtime/driver.h"

namespace lazulite::cuda {

/// Whether cuBLASLt is there; otherwise Lazulite's own kernels multiply matrices.
bool matmul_library_available();
/// Whether float32 may be rounded to TF32 before it is multiplied: LAZULITE_CUDA_TF32.
bool rounds_to_tf32();

/// A product of matrices by cuBLASLt: float32 without TF32 unless LAZULITE_CUDA_TF32 is 1, half
/// precision summed in float32. The algorithm is chosen once, by the shape.
class MatmulCall {
 public:
  MatmulCall(const DeviceInfo& device, const MatrixProduct& product);
  ~MatmulCall();
  MatmulCall(MatmulCall&&) noexcept;
  void launch(CUstream stream, const void* a, const void* b, void* c, void* workspace);

  /// Bytes that `launch` needs, of its own while it runs.
  size_t workspace_bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lazulite::cuda
