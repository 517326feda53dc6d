#pragma once

namespace lazulite::cuda {

/// The matrices for `#define OUTPUTS` and `#define TAPS`.
extern const char* const winograd_matrices;

/// The kernels around the products of the points. Each stands behind the prelude and the matrices.
/// Points of images, or under a pool's gradient (POOLED, ODD), with FACTOR and SIDE:
extern const char* const winograd_points_source;
/// Outputs of the products, or (POOLED) the pool of relu(outputs + bias), behind store_window:
extern const char* const winograd_outputs_source;
extern const char* const winograd_weights_source;
extern const char* const winograd_weight_gradient_source;

}  // namespace lazulite::cuda
