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

/// Rows of `points` points each, of which only `outputs` outputs are wanted: row by row the
/// products are multiplied with the matrix `at` of `head` (the prelude and winograd_matrices).
struct WinogradRows {
  int64_t points, outputs;
  std::string head;
};
/// Whether there are blocks enough that each does a whole row. The result is then smaller by
/// outputs / points, and memory is what such products wait for.
bool prefers_rows(const PointsProduct& product, int64_t points_of_row);
/// Adds the kernel, whose result, [row][output][m][n], lies in the workspace.
Pointer add_rows_product(const PointsProduct& product, const WinogradRows& rows, Recipe& recipe);

}  // namespace lazulite::cuda
