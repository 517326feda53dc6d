#pragma once

#include "lazulite/backends/cuda/kernels/recipe.h"

namespace lazulite::cuda {

/// Many small products of float32 at once, of arrays that a launch lays out for itself: every row
/// is a multiple of four elements and begins at a multiple of 16 bytes.
struct PointsProduct {
  int64_t batch = 0, m = 0, n = 0, k = 0;
  /// a is [batch][k][m] if true, else [batch][m][k]; b is [batch][k][n].
  bool a_transposed = false;
  Pointer a = {}, b = {};
  std::string name = {};
};

/// c[part][batch][m][n], parts of the sum over k.
struct PointsSums {
  Pointer at;
  int64_t parts;
};

/// Adds the kernel; its result lies in the workspace. Only a transposed product is cut into parts.
PointsSums add_points_product(const PointsProduct& product, Recipe& recipe);

}  // namespace lazulite::cuda
